"""Tokens: who holds one and what it opens, kept as the hash of a secret that is kept nowhere.

A line for each: a name, a hash, scopes. Two lines of one name are one caller, so that a token can
be replaced while the old one still works. What follows a `#` is a comment.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.permissions import SCOPES, opened_by

_PREFIX: Final = "groupgate_"  # for people and for scanners that look for leaked secrets
_BYTES: Final = 32
_NAME: Final = r"[A-Za-z0-9._@-]{1,64}"
# A fast hash will do: slow ones are for secrets that people choose. Of 256 random bits nobody
# can try enough, however fast.
_LINE: Final = re.compile(rf"({_NAME}) sha256:([0-9a-f]{{64}})((?: \S+)+)")


class BadLineError(Exception):
    """What is wrong with a line, as a sentence. It tells none of it: a secret may be in there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token, by the hash of its secret, and the caller it stands for."""

    digest: bytes
    caller: Caller


def make_secret() -> str:
    """Make the secret of a new token."""
    return _PREFIX + secrets.token_urlsafe(_BYTES)


def line_of(name: str, secret: str, scopes: Sequence[str]) -> str:
    """Write the line of a token; raise BadLineError unless it could be read again."""
    if re.fullmatch(_NAME, name) is None:
        raise BadLineError("A name has 1 to 64 letters, digits, dots, dashes, underscores or @.")
    _check_scopes(scopes)
    return " ".join([name, f"sha256:{_digest(secret).hex()}", *scopes])


def read_tokens(text: str) -> tuple[Token, ...]:
    """Read lines of tokens; raise BadLineError, with the number of the line, if one is off."""
    tokens: dict[bytes, Token] = {}
    for number, token in _numbered(text):
        if token.digest in tokens:
            raise BadLineError(f"Line {number}: This hash stands on another line too.")
        tokens[token.digest] = token
    return tuple(tokens.values())


def find_token(tokens: Sequence[Token], secret: str) -> Token | None:
    """Return the token of this secret. It takes as long whether it is the first, the last or none.

    How long a comparison takes tells nothing about the hash, let alone about the secret.
    """
    digest = _digest(secret)
    found = None
    for token in tokens:
        if compare_digest(token.digest, digest):
            found = token
    return found


def _numbered(text: str) -> Iterator[tuple[int, Token]]:
    for number, line in enumerate(text.split("\n"), start=1):
        written, _, _ = line.partition("#")
        if not written.strip():
            continue
        try:
            yield number, _token(written)
        except BadLineError as error:
            raise BadLineError(f"Line {number}: {error}") from None


def _token(line: str) -> Token:
    found = _LINE.fullmatch(" ".join(line.split()))
    if found is None:
        raise BadLineError("It is not a name, sha256: with 64 hexadecimal digits, and scopes.")
    name, digest, scopes = found[1], found[2], found[3].split()
    _check_scopes(scopes)
    return Token(digest=bytes.fromhex(digest), caller=Caller.of_token(name, opened_by(scopes)))


def _check_scopes(scopes: Sequence[str]) -> None:
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise BadLineError(f"The scopes are {', '.join(SCOPES)}.")


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
