"""What names things across vendors: the vendor's key and the vendor's own ids."""

from dataclasses import dataclass
from enum import Enum


class ProviderKey(Enum):
    """The vendors. A key in lower case is the vendor's folder below `groupgate.providers`."""

    AXIM = "AXIM"
    DODO = "DODO"
    TWO_CHECKOUT = "TWO_CHECKOUT"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRef:
    """A collection; `native_id` is None for the implicit one of a vendor without collections."""

    provider: ProviderKey
    native_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRef:
    """A group; `collection_id` is the native id of its collection, None in an implicit one."""

    provider: ProviderKey
    collection_id: str | None = None
    native_id: str

    @property
    def collection(self) -> CollectionRef:
        """The collection it is in."""
        return CollectionRef(provider=self.provider, native_id=self.collection_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRef:
    """A product by the vendor's own id, or code where the vendor knows it by that."""

    provider: ProviderKey
    native_id: str


Ref = CollectionRef | GroupRef | ProductRef
