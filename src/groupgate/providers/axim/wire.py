"""Axim's JSON under its own field names, as far as it is used; optional fields may be missing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

DataT = TypeVar("DataT")

Body = Mapping[str, object]
"""The JSON body of a write."""

Price = int | float | str | None
"""A number in the products of a group, a string in the calls that write products (documented)."""


class Pagination(Struct, frozen=True, kw_only=True):
    """The position of a page in its list; the documented keys are page and total."""

    total: int | None = None


class Envelope(Struct, Generic[DataT], frozen=True, kw_only=True):
    """The envelope of every response; without success it has no `data` (assumed)."""

    success: bool = True
    data: DataT | UnsetType = UNSET
    pagination: Pagination | None = None


class GroupMemberProduct(Struct, frozen=True, kw_only=True):
    """A product as a group returns it."""

    id: str
    name: str | None = None
    sku: str | None = None
    price: Price = None
    status: str | None = None
    description: Any = None


class ProductGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields of a group; those that are not required to create one may be missing."""

    id: str
    name: str
    status: bool = True
    restrict_access: bool | None = False
    created_at: datetime | None = None
    updated_at: datetime | None = None


class NewProductGroup(Struct, frozen=True, kw_only=True):
    """The response to the creation of a group in the sample; the table has a bare string."""

    id: str


class ProductGroupWithProducts(ProductGroup, frozen=True, kw_only=True, rename="camel"):
    """A group as the list returns it; `product_count` counts all its products, not this page's."""

    products: tuple[GroupMemberProduct, ...]
    product_count: int | None = None


class ProductGroupPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """A group as its own read returns it: beside a page of its products."""

    product_group: ProductGroup
    products: tuple[GroupMemberProduct, ...]
    pagination: Pagination | None = None


class Media(Struct, frozen=True, kw_only=True, rename="camel"):
    """An image of a product."""

    url: str | None = None
    is_default: bool | None = None


class Product(GroupMemberProduct, frozen=True, kw_only=True, rename="camel"):
    """A product as /products returns it; that is not documented, so only `id` is required."""

    short_description: str | None = None
    media_gallery: tuple[Media, ...] | None = None
    product_groups: tuple[str, ...] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
