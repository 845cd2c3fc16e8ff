"""Axim's JSON, in its own names and as far as it is used. Optional is what it may leave out."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

DataT = TypeVar("DataT")

Price = int | float | str | None
"""A number where groups embed a product, a string where products are written (documented)."""


class Pagination(Struct, frozen=True, kw_only=True):
    """Where a page is in its list; the documented keys are page and total."""

    total: int | None = None


class Envelope(Struct, Generic[DataT], frozen=True, kw_only=True):
    """What every answer comes in. One that says it failed has no `data` (assumed)."""

    success: bool = True
    data: DataT | None = None
    pagination: Pagination | None = None


class GroupMemberProduct(Struct, frozen=True, kw_only=True):
    """A product as groups embed it."""

    id: str
    name: str | None = None
    sku: str | None = None
    price: Price = None
    status: str | None = None
    description: Any = None


class ProductGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    """A group's own fields. What creation may leave out, or does not take, may be missing."""

    id: str
    name: str
    status: bool = True
    restrict_access: bool = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


class NewProductGroup(Struct, frozen=True, kw_only=True):
    """A group that was just made, as the sample shows it; the table says a bare string instead."""

    id: str


class ProductGroupWithProducts(ProductGroup, frozen=True, kw_only=True, rename="camel"):
    """A group as the list shows it; `product_count` counts all its products, not this page's."""

    products: tuple[GroupMemberProduct, ...]
    product_count: int | None = None


class ProductGroupPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """A group as its own read shows it: beside a page of its products."""

    product_group: ProductGroup
    products: tuple[GroupMemberProduct, ...]
    pagination: Pagination | None = None


class Media(Struct, frozen=True, kw_only=True, rename="camel"):
    """A picture of a product."""

    url: str | None = None
    is_default: bool | None = None


class Product(Struct, frozen=True, kw_only=True, rename="camel"):
    """A product as /products shows it; no page shows that answer, so nothing but `id` is sure."""

    id: str
    name: str | None = None
    sku: str | None = None
    price: Price = None
    status: str | None = None
    description: Any = None
    short_description: str | None = None
    media_gallery: tuple[Media, ...] | None = None
    product_groups: tuple[str, ...] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
