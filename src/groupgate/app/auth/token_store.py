"""The tokens that are good now: those of the environment, and those of a file that may change."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.tokens import BadLineError, Token, find_token, read_tokens
from groupgate.app.misconfigured import Misconfigured

LOOK_EVERY: Final = 1.0
"""Seconds between two looks at the file."""

_log = structlog.get_logger()


class TokenStore:
    """Knows the caller of a secret. Raises Misconfigured when made of what cannot be read."""

    def __init__(
        self, lines: str, file: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            self._fixed = read_tokens(lines.replace(";", "\n"))
        except BadLineError as error:
            raise Misconfigured(f"GROUPGATE_TOKENS: {error}") from None
        self._file = None if file is None else _TokenFile(file, clock)

    def caller(self, secret: str) -> Caller | None:
        """Return who holds this secret, None if nobody does."""
        current = self._file.current() if self._file else ()
        token = find_token((*self._fixed, *current), secret)
        return None if token is None else token.caller


class _TokenFile:
    """Reads the file again when it has changed; one that is broken changes nothing."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = clock()
        self._seen = _stamp(path)
        try:
            self._tokens = _read(path)
        except BrokenFileError as error:
            raise Misconfigured(f"GROUPGATE_TOKENS_FILE: {path}: {error}") from None

    def current(self) -> tuple[Token, ...]:
        now = self._clock()
        if now - self._looked_at >= LOOK_EVERY:
            self._looked_at = now
            self._look()
        return self._tokens

    def _look(self) -> None:
        stamp = _stamp(self._path)
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._tokens = _read(self._path)
        except BrokenFileError as error:
            _log.error("tokens_kept", file=str(self._path), problem=str(error))
        else:
            _log.info("tokens_read", file=str(self._path), tokens=len(self._tokens))


class BrokenFileError(Exception):
    """Why the file cannot be used, as a sentence."""


def _stamp(path: Path) -> tuple[int, ...]:
    """What is different once a file was written, replaced or removed."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(path: Path) -> tuple[Token, ...]:
    try:
        return read_tokens(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenFileError(f"{error.strerror}.") from None
    except UnicodeDecodeError:
        raise BrokenFileError("It is not UTF-8.") from None
    except BadLineError as error:
        raise BrokenFileError(str(error)) from None
