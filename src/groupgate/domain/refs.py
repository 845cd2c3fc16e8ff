"""References to a vendor and its objects: the vendor's key and the vendor's own ids."""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Self


class ProviderKey(Enum):
    """The vendors: a key and a display name each.

    The key in lower case is the name of the vendor's package below `groupgate.providers`.
    """

    AXIM = "AXIM", "Axim Commerce"
    DODO = "DODO", "Dodo Payments"
    TWO_CHECKOUT = "TWO_CHECKOUT", "2Checkout"

    display_name: str

    def __new__(cls, key: str, display_name: str = "") -> Self:
        """Make a member whose value is the key alone."""
        member = object.__new__(cls)
        member._value_ = key
        member.display_name = display_name
        return member


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRef:
    """A collection; `native_id` is None for the implicit one of a vendor without collections."""

    noun: ClassVar[str] = "collection"

    provider: ProviderKey
    native_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRef:
    """A group; `collection_id` is its collection's native id, None for an implicit collection."""

    noun: ClassVar[str] = "group"

    provider: ProviderKey
    collection_id: str | None = None
    native_id: str

    @property
    def collection(self) -> CollectionRef:
        """The collection that contains the group."""
        return CollectionRef(provider=self.provider, native_id=self.collection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRef:
    """A product; `native_id` is its id, or its code if that is how the vendor identifies it."""

    noun: ClassVar[str] = "product"

    provider: ProviderKey
    native_id: str


Ref = CollectionRef | GroupRef | ProductRef
