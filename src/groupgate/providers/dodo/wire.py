"""Dodo's JSON, in its own names and as far as it is used. Optional is what it may leave out."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Final

from msgspec import Struct

COLLECTION_IS_DELETED: Final = "PRODUCT_COLLECTION_IS_DELETED"
PRODUCT_IS_DELETED: Final = "PRODUCT_IS_DELETED"
MUST_HAVE_PRODUCTS: Final = "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS"

Body = Mapping[str, object]
"""What a write is sent with."""


class Error(Struct, frozen=True, kw_only=True):
    """Why a call was refused; the code is one of a documented list."""

    code: str = ""


class Price(Struct, frozen=True, kw_only=True):
    """All kinds of price in one, so that a kind not known yet can still be read.

    The documented kinds are `one_time_price`, `recurring_price` and `usage_based_price`; only the
    last has a `fixed_price` and no `price`. Amounts are in minor units.
    """

    type: str
    currency: str | None = None
    price: int | None = None
    fixed_price: int | None = None
    pay_what_you_want: bool | None = None


class ProductCollectionProduct(Struct, frozen=True, kw_only=True):
    """A row of a group: `id` and `status` are the row's own, the rest is the product's."""

    id: str
    product_id: str
    status: bool
    is_recurring: bool
    name: str | None = None
    description: str | None = None
    currency: str | None = None
    price: int | None = None
    price_detail: Price | None = None


class ProductCollectionGroup(Struct, frozen=True, kw_only=True):
    """A group; the order of its rows is the order shown to buyers."""

    group_id: str
    status: bool
    products: tuple[ProductCollectionProduct, ...]
    group_name: str | None = None


class ProductCollection(Struct, frozen=True, kw_only=True, dict=True):
    """A collection with all its groups and their products, as only its own read shows it."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    groups: tuple[ProductCollectionGroup, ...]
    description: str | None = None

    @cached_property
    def groups_by_id(self) -> dict[str, ProductCollectionGroup]:
        """Its groups, to look them up."""
        return {group.group_id: group for group in self.groups}

    @cached_property
    def groups_by_product(self) -> dict[str, list[str]]:
        """The ids of the groups that hold a product, by the product's id."""
        holders: dict[str, list[str]] = {}
        for group in self.groups:
            for product_id in dict.fromkeys(row.product_id for row in group.products):
                holders.setdefault(product_id, []).append(group.group_id)
        return holders


class ProductCollectionListItem(Struct, frozen=True, kw_only=True):
    """A collection as lists show it, without its groups."""

    id: str
    name: str
    created_at: datetime
    updated_at: datetime
    description: str | None = None


class ProductCollectionList(Struct, frozen=True, kw_only=True):
    """A page of collections; nothing tells how many there are in all."""

    items: tuple[ProductCollectionListItem, ...]


class ProductListItem(Struct, frozen=True, kw_only=True):
    """A product as lists show it."""

    product_id: str
    is_recurring: bool
    created_at: datetime
    updated_at: datetime
    name: str | None = None
    description: str | None = None
    image: str | None = None
    currency: str | None = None
    price: int | None = None
    price_detail: Price | None = None


class ProductList(Struct, frozen=True, kw_only=True):
    """A page of products; nothing tells how many there are in all."""

    items: tuple[ProductListItem, ...]


class Product(Struct, frozen=True, kw_only=True):
    """A product read by itself: the only place that names its collection."""

    product_id: str
    is_recurring: bool
    created_at: datetime
    updated_at: datetime
    price: Price
    name: str | None = None
    description: str | None = None
    image: str | None = None
    product_collection_id: str | None = None


class NewProductCollection(Struct, frozen=True, kw_only=True):
    """A collection that was just made, as far as it is used."""

    id: str


class AddedItem(Struct, frozen=True, kw_only=True):
    """A row that was just added to a group, as far as it is used."""

    id: str
    product_id: str


class Unarchived(Struct, frozen=True, kw_only=True):
    """What comes of bringing a collection back. Without its id it is not this, but an error."""

    collection_id: str
    excluded_product_ids: tuple[str, ...] = ()
