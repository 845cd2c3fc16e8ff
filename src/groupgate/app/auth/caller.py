"""The caller of a request and the vendors that its scopes permit."""

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
        # A mutation returns the object it changed, so writing includes reading.
        scopes[f"write{suffix}"] = Permissions(readable=keys, writable=keys)
    return scopes


SCOPES: Final[Mapping[str, Permissions]] = MappingProxyType(_scopes())
"""`read` and `write` for all vendors, `read:DODO` and so on for one."""


def permissions_of(scopes: Iterable[str]) -> Permissions:
    """Return the union of the permissions of these scopes; unknown scopes permit nothing."""
    known = [SCOPES[scope] for scope in scopes if scope in SCOPES]
    return Permissions(
        readable=frozenset().union(*(permissions.readable for permissions in known)),
        writable=frozenset().union(*(permissions.writable for permissions in known)),
    )


_ANONYMOUS: Final = "anonymous"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller; its name is unique among all kinds of callers."""

    name: str
    permissions: Permissions

    @classmethod
    def anonymous(cls, permissions: Permissions) -> "Caller":
        """Make the caller of requests without a token."""
        return cls(name=_ANONYMOUS, permissions=permissions)

    @classmethod
    def from_token(cls, name: str, permissions: Permissions) -> "Caller":
        """Make the caller that a token names."""
        return cls(name=f"token:{name}", permissions=permissions)

    @classmethod
    def from_subject(cls, subject: str, permissions: Permissions) -> "Caller":
        """Make the caller that is the subject of a JWT."""
        return cls(name=f"jwt:{subject}", permissions=permissions)

    @property
    def is_anonymous(self) -> bool:
        """True if the request had no token."""
        return self.name == _ANONYMOUS
