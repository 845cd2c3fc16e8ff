"""2Checkout's JSON, in its own names and as far as it is used. Optional is what it may leave out.

Where its own pages disagree on a shape, all of them are taken.
"""

from decimal import Decimal
from typing import Any, TypeAlias

from msgspec import Struct


class ProductGroupRecord(Struct, frozen=True, kw_only=True):
    """A group, listed or embedded in a product."""

    Name: str
    Code: str | None = None
    TemplateName: str | None = None
    Description: str | None = None


class ProductGroupList(Struct, frozen=True, kw_only=True):
    """The groups in the envelope that products come in."""

    Items: tuple[ProductGroupRecord, ...]


class PriceRecord(Struct, frozen=True, kw_only=True):
    """An amount in major units, from a quantity on."""

    Amount: Decimal | None = None
    Currency: str | None = None
    MinQuantity: str | int | None = None


class PricesRecord(Struct, frozen=True, kw_only=True):
    """The prices of a configuration; those of renewals are not used."""

    Regular: tuple[PriceRecord, ...] | None = None


class PricingConfigurationRecord(Struct, frozen=True, kw_only=True):
    """One way to price a product. `Prices` may be an array, of items that nobody documents."""

    Default: bool | None = None
    DefaultCurrency: str | None = None
    Prices: PricesRecord | tuple[Any, ...] | None = None


class ProductRecord(Struct, frozen=True, kw_only=True):
    """A product; lists show as much of it as its own read. Its images have no documented shape."""

    ProductCode: str
    ProductName: str | None = None
    ShortDescription: str | None = None
    ProductGroup: ProductGroupRecord | None = None
    ProductImages: Any = None
    Enabled: bool | None = None
    GeneratesSubscription: bool | None = None
    PricingConfigurations: tuple[PricingConfigurationRecord, ...] | None = None


class PaginationRecord(Struct, frozen=True, kw_only=True):
    """Where a page is in its list; `Count` is the total over all pages."""

    Count: int | None = None


class ProductPage(Struct, frozen=True, kw_only=True):
    """A page of products."""

    Items: tuple[ProductRecord, ...]
    Pagination: PaginationRecord | None = None


ProductGroups: TypeAlias = tuple[ProductGroupRecord, ...] | ProductGroupList
"""An array, or what products come in: the vendor says no more than "array of objects"."""

ProductGroup: TypeAlias = ProductGroupRecord | tuple[ProductGroupRecord, ...]
"""The REST page says an object, the RPC page an array."""

Products: TypeAlias = ProductPage | tuple[ProductRecord, ...]
"""A page, or the bare array of REST 3.0, which tells no total."""

GroupOfProduct: TypeAlias = str | ProductGroupRecord | tuple[str | ProductGroupRecord, ...] | None
"""A name, in a shape that nobody documents."""
