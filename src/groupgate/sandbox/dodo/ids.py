"""Ids in the vendor's form, made from a name: the same name always gives the same id."""

from functools import lru_cache
from hashlib import sha256
from uuid import UUID

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LENGTH = 21
"""As in the vendor's examples; alphabet and length are assumed."""


@lru_cache(maxsize=2048)  # room for the seed, which is planted anew at each reset
def prefixed(prefix: str, name: str) -> str:
    """Return a prefix with 21 letters and digits behind it."""
    number = int.from_bytes(sha256(f"{prefix}{name}".encode()).digest())
    digits = []
    for _ in range(_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return prefix + "".join(digits)


@lru_cache(maxsize=2048)
def uuid(name: str) -> str:
    """Return a UUID of version 4 in its usual spelling."""
    return str(UUID(bytes=sha256(name.encode()).digest()[:16], version=4))
