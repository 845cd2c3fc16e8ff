"""2Checkout's JSON under its own field names, as far as it is used; optional fields may be missing.

Where the vendor's pages disagree on a shape, all of them are accepted. Names end in `Record`
where a field has the same name.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from msgspec import UNSET, Struct, UnsetType

Body = Mapping[str, object]
"""The JSON body of a write."""


class ProductGroupRecord(Struct, frozen=True, kw_only=True):
    """A group, from a list or inside a product."""

    Name: str
    Code: str | None = None
    TemplateName: str | UnsetType | None = UNSET
    Description: str | UnsetType | None = UNSET

    @property
    def is_complete(self) -> bool:
        """True if no documented field is missing."""
        return UNSET not in {self.TemplateName, self.Description}


class PaginationRecord(Struct, frozen=True, kw_only=True):
    """The position of a page in its list; `Count` is the total of all pages."""

    Count: int | None = None
    Limit: int | None = None


class ProductGroupList(Struct, frozen=True, kw_only=True):
    """The groups, or a page of them, in the envelope of products."""

    Items: tuple[ProductGroupRecord, ...]
    Pagination: PaginationRecord | None = None


class PriceRecord(Struct, frozen=True, kw_only=True):
    """An amount in major units, valid from a quantity on.

    With `OptionCodes`, it is the price of pricing options instead of the product's (documented).
    """

    Amount: int | float | str | None = None
    Currency: str | None = None
    MinQuantity: str | int | None = None
    OptionCodes: Any = None


class PricesRecord(Struct, frozen=True, kw_only=True):
    """The prices of a configuration; prices of renewals are not used."""

    Regular: tuple[PriceRecord, ...] | None = None


class PricingConfigurationRecord(Struct, frozen=True, kw_only=True):
    """One way to price a product. `Prices` may be an array, whose items are not documented."""

    Default: bool | None = None
    DefaultCurrency: str | None = None
    PriceType: str | None = None
    Prices: PricesRecord | tuple[Any, ...] | None = None


class SubscriptionInformationRecord(Struct, frozen=True, kw_only=True):
    """The terms of a subscription, as samples show them; the length of a cycle may be text."""

    BillingCycle: int | float | str | None = None
    BillingCycleUnits: str | None = None
    IsOneTimeFee: bool | None = None
    UsageBilling: bool | int | float | str | None = None


class ProductRecord(Struct, frozen=True, kw_only=True):
    """A product, from a list or from its own read. The shape of its images is not documented."""

    ProductCode: str
    ProductName: str | None = None
    ShortDescription: str | None = None
    ProductGroup: ProductGroupRecord | None = None
    ProductImages: Any = None
    Enabled: bool | None = False
    """False unless it is given (documented)."""
    GeneratesSubscription: bool | None = None
    PricingConfigurations: tuple[PricingConfigurationRecord, ...] | None = None
    SubscriptionInformation: SubscriptionInformationRecord | tuple[Any, ...] | None = None


class ProductPage(Struct, frozen=True, kw_only=True):
    """A page of products."""

    Items: tuple[ProductRecord, ...]
    Pagination: PaginationRecord | None = None


GroupListResponse: TypeAlias = tuple[ProductGroupRecord, ...] | ProductGroupList
"""An array, or the envelope of products: the vendor documents an "array of objects"."""

GroupResponse: TypeAlias = ProductGroupRecord | tuple[ProductGroupRecord, ...]
"""An object on the REST page, an array on the RPC page."""

ProductListResponse: TypeAlias = ProductPage | tuple[ProductRecord, ...]
"""A page, or the bare array of REST 3.0, which has no total."""

GroupOfProductResponse: TypeAlias = (
    str | ProductGroupRecord | tuple[str | ProductGroupRecord, ...] | None
)
"""A name, in a shape that is not documented."""
