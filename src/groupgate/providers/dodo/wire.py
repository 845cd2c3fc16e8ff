"""Dodo's JSON under its own field names, as far as it is used; optional fields may be missing.

Records that lists contain are left to reference counting (`gc=False`): they refer to no object that
could refer to them, and the garbage collector would visit thousands of them.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from msgspec import UNSET, Struct

COLLECTION_IS_DELETED: Final = "PRODUCT_COLLECTION_IS_DELETED"
PRODUCT_IS_DELETED: Final = "PRODUCT_IS_DELETED"
MUST_HAVE_PRODUCTS: Final = "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS"

Body = Mapping[str, object]
"""The JSON body of a write."""


class Error(Struct, frozen=True, kw_only=True):
    """The body of a rejected call; the code is one of a documented list."""

    code: str = ""


class Price(Struct, frozen=True, kw_only=True, gc=False):
    """All kinds of price in one, so that a kind added later can still be decoded.

    The documented kinds are `one_time_price`, `recurring_price` and `usage_based_price`; only the
    last has a `fixed_price` and no `price`. Amounts are in minor units. `price` is the minimum if
    `pay_what_you_want` is true, and `suggested_price` is ignored otherwise (documented).
    """

    type: str | None = None
    currency: str | None = None
    price: int | None = None
    fixed_price: int | None = None
    pay_what_you_want: bool | None = None
    suggested_price: int | None = None
    payment_frequency_count: int | None = None
    payment_frequency_interval: str | None = None
    trial_period_days: int | None = None
    tax_inclusive: bool | None = None


class ProductCollectionProduct(Struct, frozen=True, kw_only=True, gc=False):
    """A row of a group: `id` and `status` belong to the row, the other fields to its product."""

    id: str
    product_id: str
    status: bool
    is_recurring: bool | None = None
    name: str | None = None
    description: str | None = None
    currency: str | None = None
    price: int | None = None
    price_detail: Price | None = None
    tax_inclusive: bool | None = None


class ProductCollectionGroup(Struct, frozen=True, kw_only=True, gc=False):
    """A group; the order of its rows is the order shown to buyers."""

    group_id: str
    status: bool
    products: tuple[ProductCollectionProduct, ...]
    group_name: str | None = None


class ProductCollection(Struct, frozen=True, kw_only=True, dict=True):
    """A collection with its groups and their products, as its own read returns it."""

    id: str
    name: str
    groups: tuple[ProductCollectionGroup, ...]
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @cached_property
    def mapped(self) -> dict[object, Any]:
        """Objects of the domain that were made from this response, and live as long as it."""
        return {}

    @cached_property
    def groups_by_id(self) -> dict[str, ProductCollectionGroup]:
        """The groups by their ids."""
        return {group.group_id: group for group in self.groups}

    @cached_property
    def groups_by_product(self) -> dict[str, list[str]]:
        """For each product id, the ids of the groups that contain the product."""
        group_ids: dict[str, list[str]] = {}
        for group in self.groups:
            for product_id in dict.fromkeys(row.product_id for row in group.products):
                group_ids.setdefault(product_id, []).append(group.group_id)
        return group_ids


class ProductCollectionListItem(Struct, frozen=True, kw_only=True):
    """A collection as lists return it, without its groups."""

    id: str
    name: str
    description: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ProductCollectionList(Struct, frozen=True, kw_only=True):
    """A page of collections; Dodo does not return the total."""

    items: tuple[ProductCollectionListItem, ...]


class ProductListItem(Struct, frozen=True, kw_only=True, gc=False):
    """A product as lists return it."""

    product_id: str
    is_recurring: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    name: str | None = None
    description: str | None = None
    image: str | None = None
    currency: str | None = None
    price: int | None = None
    price_detail: Price | None = None
    tax_inclusive: bool | None = None


class ProductList(Struct, frozen=True, kw_only=True):
    """A page of products; Dodo does not return the total."""

    items: tuple[ProductListItem, ...]


class Product(Struct, frozen=True, kw_only=True):
    """A product as its own read returns it; no other response names its collection."""

    product_id: str
    is_recurring: bool | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    price: Price | None = None
    name: str | None = None
    description: str | None = None
    image: str | None = None
    product_collection_id: str | None = None


class NewProductCollection(Struct, frozen=True, kw_only=True):
    """The response to the creation of a collection, as far as it is used."""

    id: str


class NewProductCollectionGroup(Struct, frozen=True, kw_only=True):
    """The response to the creation of a group; nothing but its id is needed."""

    group_id: str
    group_name: Any = UNSET
    status: Any = UNSET


class AddedItem(Struct, frozen=True, kw_only=True):
    """A row that was added to a group, as far as it is used."""

    id: str
    product_id: str


class Unarchived(Struct, frozen=True, kw_only=True):
    """The response to an unarchived collection, as far as it is used."""

    excluded_product_ids: tuple[str, ...] | None = None
