"""The catalogue of the simulated business: products, collections, groups and items."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from groupgate.sandbox.dodo.protocol import ApiError, not_found
from groupgate.sandbox.simulator import Clock

Json = dict[str, Any]

_ID_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 21
"""As in the vendor's examples; alphabet and length are assumed."""


@dataclass(slots=True, kw_only=True)
class Product:
    """A product with its one price."""

    id: str
    brand_id: str
    name: str
    price: Json
    """A union on `type`: one_time_price, recurring_price or usage_based_price (documented)."""
    tax_category: str
    created_at: str
    updated_at: str
    description: str | None = None
    image: str | None = None
    metadata: Json = field(default_factory=dict)
    entitlements: list[Json] = field(default_factory=list)
    credit_entitlements: list[Json] = field(default_factory=list)
    digital_product_delivery: Json | None = None
    license_key_enabled: bool = False
    license_key_activation_message: str | None = None
    license_key_activations_limit: int | None = None
    pricing_mode: str | None = None
    archived: bool = False


@dataclass(slots=True, kw_only=True)
class Item:
    """A product in a group; its `id` is not the product's id (documented)."""

    id: str
    product_id: str
    status: bool = True


@dataclass(slots=True, kw_only=True)
class Group:
    """An ordered list of items; its name is optional (documented)."""

    id: str
    name: str | None = None
    status: bool = True
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Collection:
    """An ordered list of groups."""

    id: str
    brand_id: str
    name: str
    created_at: str
    updated_at: str
    description: str | None = None
    image: str | None = None
    plan_changes: Json = field(default_factory=dict)
    """The plan-change settings that are not inherited from the business."""
    groups: list[Group] = field(default_factory=list)
    archived: bool = False

    def items(self) -> list[Item]:
        """Return the items of all groups, in order."""
        return [item for group in self.groups for item in group.items]


@dataclass(slots=True, kw_only=True)
class Catalog:
    """All products and collections of one business, by id; lookups raise the vendor's errors."""

    business_id: str
    clock: Clock
    products: dict[str, Product] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    _id_count: int = 0

    def now(self) -> str:
        """Return the time in the vendor's format."""
        moment = datetime.fromtimestamp(self.clock(), UTC)
        return moment.isoformat().replace("+00:00", "Z")

    def new_id(self, prefix: str) -> str:
        """Return an unused id with this prefix."""
        self._id_count += 1
        return prefixed_id(prefix, f"made {self._id_count}")

    def new_uuid(self) -> str:
        """Return an unused UUID."""
        self._id_count += 1
        return uuid_for(f"made {self._id_count}")

    def product(self, product_id: str) -> Product:
        """Return a product, archived or not."""
        if product_id not in self.products:
            raise not_found("Product")
        return self.products[product_id]

    def collection(self, collection_id: str) -> Collection:
        """Return a collection, archived or not."""
        if collection_id not in self.collections:
            raise not_found("Product collection")
        return self.collections[collection_id]

    def active_collection(self, collection_id: str) -> Collection:
        """Return a collection to change; 410 is documented for DELETE, assumed for the rest."""
        collection = self.collection(collection_id)
        if collection.archived:
            raise ApiError(410, "PRODUCT_COLLECTION_IS_DELETED")
        return collection

    def active_group(self, collection_id: str, group_id: str) -> tuple[Collection, Group]:
        """Return a group to change, with its collection."""
        collection = self.active_collection(collection_id)
        for group in collection.groups:
            if group.id == group_id:
                return collection, group
        raise not_found("Product collection group")

    def active_item(
        self, collection_id: str, group_id: str, item_id: str
    ) -> tuple[Collection, Group, Item]:
        """Return an item to change, with its collection and group."""
        collection, group = self.active_group(collection_id, group_id)
        for item in group.items:
            if item.id == item_id:
                return collection, group, item
        raise not_found("Product collection group item")

    def collection_of(self, product_id: str) -> Collection | None:
        """Return the one collection of a product; an archived one keeps its products (assumed)."""
        for collection in self.collections.values():
            if any(item.product_id == product_id for item in collection.items()):
                return collection
        return None


@lru_cache(maxsize=2048)  # The seed is built again at each reset.
def prefixed_id(prefix: str, name: str) -> str:
    """Return an id in the vendor's form, the same for the same name."""
    number = int.from_bytes(sha256(f"{prefix}{name}".encode()).digest())
    digits = []
    for _ in range(_ID_LENGTH):
        number, digit = divmod(number, len(_ID_ALPHABET))
        digits.append(_ID_ALPHABET[digit])
    return prefix + "".join(digits)


@lru_cache(maxsize=2048)
def uuid_for(name: str) -> str:
    """Return a UUID of version 4, the same for the same name."""
    return str(UUID(bytes=sha256(name.encode()).digest()[:16], version=4))
