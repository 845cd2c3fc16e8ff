"""The caller of a request and the accounts that its scopes permit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

from groupgate.domain.refs import AccountKey, ProviderKey, parse_account


class Permissions(Struct, frozen=True, kw_only=True, cache_hash=True):
    """The accounts that a caller may read, and those that it may also change.

    The key of a vendor stands for all its accounts.
    """

    readable: frozenset[AccountKey] = frozenset()
    writable: frozenset[AccountKey] = frozenset()


SCOPES: Final = (
    *("read", "write"),
    *(f"{action}:{key.value}" for key in ProviderKey for action in ("read", "write")),
)
"""`read` and `write` for all vendors, `read:DODO` and so on for one."""


def find_scope(scope: str) -> Permissions | None:
    """Return the permissions of a scope, which may name an account: `read:DODO/eu`.

    Returns None if there is no such scope. That the account exists is not checked.
    """
    action, separator, path = scope.partition(":")
    account = parse_account(path)
    if separator and account is None:
        return None
    keys: frozenset[AccountKey] = frozenset(ProviderKey if account is None else {account})
    if action == "read":
        return Permissions(readable=keys)
    # A mutation returns the object it changed, so writing includes reading.
    return Permissions(readable=keys, writable=keys) if action == "write" else None


def permissions_of(scopes: Iterable[str]) -> Permissions:
    """Return the union of the permissions of these scopes; unknown scopes permit nothing."""
    known = [found for scope in scopes if (found := find_scope(scope)) is not None]
    return Permissions(
        readable=frozenset().union(*(permissions.readable for permissions in known)),
        writable=frozenset().union(*(permissions.writable for permissions in known)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A caller; its name is unique among all kinds of callers."""

    name: str
    permissions: Permissions
    is_anonymous: bool = False
    """True if the request had no token."""

    @classmethod
    def anonymous(cls, permissions: Permissions) -> "Caller":
        """Make the caller of requests without a token."""
        return cls(name="anonymous", permissions=permissions, is_anonymous=True)

    @classmethod
    def from_token(cls, name: str, permissions: Permissions) -> "Caller":
        """Make the caller that a token names."""
        return cls(name=f"token:{name}", permissions=permissions)

    @classmethod
    def from_subject(cls, subject: str, permissions: Permissions) -> "Caller":
        """Make the caller that is the subject of a JWT."""
        return cls(name=f"jwt:{subject}", permissions=permissions)
