"""References to an account and its objects: the account's key and the vendor's own ids."""

import re
from collections.abc import Mapping
from enum import Enum
from typing import ClassVar, Final, Self

from msgspec import Struct

ONLY_ACCOUNT: Final = "default"
"""The name of a vendor's account in a gateway without an accounts file."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ProviderKey(Enum):
    """The vendors: a key and a display name each.

    The key in lower case is the name of the vendor's package below `groupgate.providers`.
    """

    AXIM = "AXIM", "Axim Commerce"
    DODO = "DODO", "Dodo Payments"
    TWO_CHECKOUT = "TWO_CHECKOUT", "2Checkout"

    display_name: str
    path: str
    """The text for ids and names of entries in stores: an attribute, as each id contains it."""

    def __new__(cls, key: str, display_name: str = "") -> Self:
        """Make a member whose value is the key alone."""
        member = object.__new__(cls)
        member._value_ = member.path = key
        member.display_name = display_name
        return member

    __hash__ = object.__hash__  # members are single objects; Enum's own hash is not in C

    @property
    def vendor(self) -> "ProviderKey":
        """The vendor itself."""
        return self

    @property
    def account(self) -> str:
        """The name of the vendor's only account."""
        return ONLY_ACCOUNT

    @property
    def title(self) -> str:
        """The name for operators."""
        return self.display_name

    @property
    def labels(self) -> Mapping[str, str]:
        """The fields that name the vendor in errors and log lines."""
        return {"provider": self.value}


class NamedAccount(Struct, frozen=True):
    """One of the accounts of a vendor in a gateway with an accounts file."""

    vendor: ProviderKey
    account: str

    def __hash__(self) -> int:
        """Hash the name alone: a text computes its hash once, and few accounts have equal names."""
        return hash(self.account)

    @property
    def display_name(self) -> str:
        """The display name of the vendor."""
        return self.vendor.display_name

    @property
    def path(self) -> str:
        """The text for ids and names of entries in stores, such as `DODO/eu`."""
        return f"{self.vendor.value}/{self.account}"

    @property
    def title(self) -> str:
        """The name for operators, such as "Dodo Payments (eu)"."""
        return f"{self.display_name} ({self.account})"

    @property
    def labels(self) -> Mapping[str, str]:
        """The fields that name the account in errors and log lines."""
        return {"provider": self.vendor.value, "account": self.account}


AccountKey = ProviderKey | NamedAccount
"""What an object, an answer, a limit or an error belongs to.

Without an accounts file a vendor has one account, whose key is that of the vendor.
"""


def parse_account(path: str) -> AccountKey | None:
    """Return the key that has this `path`; None if there is no such vendor or no such name."""
    vendor, separator, name = path.partition("/")
    if vendor not in ProviderKey.__members__:
        return None
    if not separator:
        return ProviderKey[vendor]
    return NamedAccount(ProviderKey[vendor], name) if _NAME.fullmatch(name) else None


class CollectionRef(Struct, frozen=True, kw_only=True, gc=False):
    """A collection; `native_id` is None for the implicit one of a vendor without collections."""

    noun: ClassVar[str] = "collection"

    provider: AccountKey
    native_id: str | None = None


class GroupRef(Struct, frozen=True, kw_only=True, gc=False):
    """A group; `collection_id` is its collection's native id, None for an implicit collection."""

    noun: ClassVar[str] = "group"

    provider: AccountKey
    collection_id: str | None = None
    native_id: str

    @property
    def collection(self) -> CollectionRef:
        """The collection that contains the group."""
        return CollectionRef(provider=self.provider, native_id=self.collection_id)


class ProductRef(Struct, frozen=True, kw_only=True, gc=False):
    """A product; `native_id` is its id, or its code if that is how the vendor identifies it."""

    noun: ClassVar[str] = "product"

    provider: AccountKey
    native_id: str


Ref = CollectionRef | GroupRef | ProductRef
