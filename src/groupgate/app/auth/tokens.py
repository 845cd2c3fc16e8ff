"""Tokens: their lines in a file or variable, and the store that follows changes of the file.

A line consists of a name, the hash of a secret and scopes. Two lines with one name are one caller,
so that a token can be replaced while the old one still works. Text after a `#` is a comment.
Tokens that are rejected are logged once a minute for each reason.
"""

import re
import secrets
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from math import inf
from pathlib import Path
from typing import Final

import structlog

from groupgate.app.auth.caller import SCOPES, Caller, find_scope, permissions_of
from groupgate.configuration.model import Misconfigured
from groupgate.domain.refs import NamedAccount

CHECK_INTERVAL: Final = 1.0
"""Seconds between two checks of the file for changes."""

LOG_INTERVAL: Final = 60.0
"""Seconds between two lines about tokens that are rejected for the same reason."""

_PREFIX: Final = "groupgate_"  # for people, and for scanners that search for leaked secrets
_BYTES: Final = 32
_NAME: Final = r"[A-Za-z0-9._@-]{1,64}"
# A fast hash is enough: slow hashes protect passwords that people choose, while 256 random bits
# cannot be guessed at any speed.
_LINE: Final = re.compile(rf"({_NAME}) sha256:([0-9a-f]{{64}})((?: \S+)+)")

_NO_TOKENS: Final = "There are no tokens; `groupgate token NAME SCOPE` prints one."

_log = structlog.get_logger()


class BadLineError(Exception):
    """A line is malformed. The message quotes nothing of it, as it may contain a secret."""


class BrokenFileError(Exception):
    """The file cannot be used; the message is a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """The hash of a token's secret, and the caller it names."""

    digest: bytes
    caller: Caller


def make_secret() -> str:
    """Return the secret of a new token."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def line_of(name: str, secret: str, scopes: Sequence[str]) -> str:
    """Return the line of a token; raise BadLineError if the name or a scope is not valid."""
    if re.fullmatch(_NAME, name) is None:
        raise BadLineError(
            "A name consists of 1 to 64 letters, digits, dots, dashes, underscores or @."
        )
    _check_scopes(scopes)
    return " ".join([name, f"sha256:{_digest(secret).hex()}", *scopes])


def read_tokens(text: str) -> tuple[Token, ...]:
    """Parse lines of tokens; raise BadLineError with the number of the first malformed line."""
    tokens: dict[bytes, Token] = {}
    for number, token in _parse_lines(text):
        if token.digest in tokens:
            raise BadLineError(f"Line {number}: This hash is on an earlier line too.")
        tokens[token.digest] = token
    return tuple(tokens.values())


def find_token(tokens: Sequence[Token], secret: str) -> Token | None:
    """Return the token with this secret.

    All tokens are compared, in constant time each, so the duration reveals nothing.
    """
    digest = _digest(secret)
    found = None
    for token in tokens:
        if compare_digest(token.digest, digest):
            found = token
    return found


def _parse_lines(text: str) -> Iterator[tuple[int, Token]]:
    for number, line in enumerate(text.split("\n"), start=1):
        content, _, _ = line.partition("#")
        if not content.strip():
            continue
        try:
            yield number, _parse_line(content)
        except BadLineError as error:
            raise BadLineError(f"Line {number}: {error}") from None


def _parse_line(line: str) -> Token:
    match = _LINE.fullmatch(" ".join(line.split()))
    if match is None:
        raise BadLineError(
            "A token consists of a name, sha256: with 64 hexadecimal digits, and scopes."
        )
    name, digest, scopes = match[1], match[2], match[3].split()
    _check_scopes(scopes)
    caller = Caller.from_token(name, permissions_of(scopes))
    return Token(digest=bytes.fromhex(digest), caller=caller)


def _check_scopes(scopes: Sequence[str]) -> None:
    if not scopes or None in map(find_scope, scopes):
        raise BadLineError(
            f"The scopes are {', '.join(SCOPES)}; with the name of an account also the like of "
            "read:DODO/eu."
        )


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


class TokenStore:
    """Finds callers by secret, among the tokens of the environment and of a file.

    Raises Misconfigured when it is made if either cannot be read.
    """

    def __init__(
        self, lines: str, file: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            self._fixed = read_tokens(lines.replace(";", "\n"))
        except BadLineError as error:
            raise Misconfigured(f"GROUPGATE_TOKENS: {error}") from None
        if lines and not self._fixed:
            raise Misconfigured(f"GROUPGATE_TOKENS: {_NO_TOKENS}")
        self._file = None if file is None else _TokenFile(file, clock)

    @property
    def count(self) -> int:
        """The number of tokens."""
        return len(self._all())

    def caller(self, secret: str) -> Caller | None:
        """Return the caller with this secret, or None."""
        token = find_token(self._all(), secret)
        return None if token is None else token.caller

    def named_accounts(self) -> frozenset[NamedAccount]:
        """Return the accounts that the scopes of the tokens name."""
        keys = (key for token in self._all() for key in token.caller.permissions.readable)
        return frozenset(key for key in keys if isinstance(key, NamedAccount))

    def _all(self) -> tuple[Token, ...]:
        return (*self._fixed, *(self._file.current() if self._file else ()))

    def reload(self) -> None:
        """Read the file again, even if it seems unchanged; malformed tokens change nothing."""
        if self._file is not None:
            self._file.reload()


class _TokenFile:
    """Reads the file again when it has changed; a file that cannot be read changes nothing."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._checked_at = clock()
        self._stamp = _stamp(path)
        try:
            self._tokens = _read_file(path)
        except BrokenFileError as error:
            raise Misconfigured(f"GROUPGATE_TOKENS_FILE: {path}: {error}") from None
        # Later the file may become empty: that revokes all tokens.
        if not self._tokens:
            raise Misconfigured(f"GROUPGATE_TOKENS_FILE: {path}: {_NO_TOKENS}")

    def current(self) -> tuple[Token, ...]:
        now = self._clock()
        if now - self._checked_at >= CHECK_INTERVAL:
            self._checked_at = now
            self._reload_if_changed()
        return self._tokens

    def _reload_if_changed(self) -> None:
        if _stamp(self._path) != self._stamp:
            self.reload()

    def reload(self) -> None:
        self._stamp = _stamp(self._path)
        try:
            self._tokens = _read_file(self._path)
        except BrokenFileError as error:
            _log.error("tokens_reload_failed", file=str(self._path), problem=str(error))
        else:
            _log.info("tokens_reloaded", file=str(self._path), tokens=len(self._tokens))


def _stamp(path: Path) -> tuple[int, ...]:
    """Values of which one differs after the file was written, replaced or removed."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read_file(path: Path) -> tuple[Token, ...]:
    try:
        if path.stat().st_mode & stat.S_IWOTH:
            _log.warning("tokens_file_writable", file=str(path))
        return read_tokens(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BrokenFileError(f"{error.strerror}.") from None
    except UnicodeDecodeError:
        raise BrokenFileError("The file is not UTF-8.") from None
    except BadLineError as error:
        raise BrokenFileError(str(error)) from None


class RejectionLog:
    """Logs rejected tokens: for each reason one line a minute, with the number before it.

    Otherwise anybody could fill the log.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def note(self, reason: str) -> None:
        """Log a rejection, or count it for the next line; there are few reasons."""
        moment = self._clock()
        if moment - self._logged_at.get(reason, -inf) < LOG_INTERVAL:
            self._left_out[reason] += 1
            return
        self._logged_at[reason] = moment
        left_out = self._left_out.pop(reason, 0)
        _log.info("token_rejected", reason=reason, **({"left_out": left_out} if left_out else {}))
