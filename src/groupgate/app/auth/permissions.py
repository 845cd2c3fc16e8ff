"""Scopes as they are written, and the vendors that they open to a caller."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from groupgate.domain.refs import ProviderKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """The vendors that a caller may read, and those that it may also change."""

    readable: frozenset[ProviderKey] = frozenset()
    writable: frozenset[ProviderKey] = frozenset()


def _scopes() -> dict[str, Permissions]:
    every = {"": frozenset(ProviderKey)}
    single = {f":{key.value}": frozenset({key}) for key in ProviderKey}
    scopes = {}
    for suffix, keys in (every | single).items():
        scopes[f"read{suffix}"] = Permissions(readable=keys)
        # A mutation answers with what it changed, so that who may write may also read.
        scopes[f"write{suffix}"] = Permissions(readable=keys, writable=keys)
    return scopes


SCOPES: Final[Mapping[str, Permissions]] = MappingProxyType(_scopes())
"""`read` and `write` for all vendors, `read:DODO` and so on for one."""


def opened_by(scopes: Iterable[str]) -> Permissions:
    """Return what these scopes open together; those of other APIs open nothing."""
    opened = [SCOPES[scope] for scope in scopes if scope in SCOPES]
    return Permissions(
        readable=frozenset().union(*(each.readable for each in opened)),
        writable=frozenset().union(*(each.writable for each in opened)),
    )
