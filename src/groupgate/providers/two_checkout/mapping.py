"""Converts 2Checkout's records into the domain's types, and changes into its request bodies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec
from iso4217 import Currency

from groupgate.decoding.scalars import parse_count, read_amount
from groupgate.domain import catalog
from groupgate.domain.changes import UNSET, Absent, GroupChange
from groupgate.domain.paging import normalize_for_search
from groupgate.domain.refs import AccountKey, GroupRef, ProductRef
from groupgate.providers.two_checkout import wire

GENERAL: Final = "General"
"""The name of the group that receives the products removed from other groups."""

_DELETED: Final = -1
"""The amount of a deleted price (documented)."""

_PERIOD_UNITS: Final = {"D": catalog.PeriodUnit.DAY, "M": catalog.PeriodUnit.MONTH}
"""The units of periods in the vendor's samples (seen); no page lists all of them."""

_TAX_INCLUDED: Final = {"GROSS": True, "NET": False}
"""The types of prices (documented)."""


@dataclass(frozen=True, slots=True)
class Mapper:
    """Converts the records of one account."""

    account: AccountKey

    def group_ref(self, code: str) -> GroupRef:
        """Return the ref of a group, which is always in the implicit collection."""
        return GroupRef(provider=self.account, native_id=code)

    def product_ref(self, record: wire.ProductRecord) -> ProductRef:
        """Return the ref of a product: its code, which can change, as paths accept nothing else."""
        return ProductRef(provider=self.account, native_id=record.ProductCode)

    def groups(self, records: Iterable[wire.ProductGroupRecord]) -> tuple[catalog.Group, ...]:
        """Convert groups, without those that have no code and so cannot be read by id."""
        return tuple(self.group(record, record.Code) for record in records if record.Code)

    def group(self, record: wire.ProductGroupRecord, code: str) -> catalog.Group:
        """Convert a group with this code. The vendor's groups have no status and no access."""
        return catalog.Group(
            ref=self.group_ref(code),
            name=record.Name,
            description=_text(record.Description),
            template_name=_text(record.TemplateName),
        )

    def group_of(self, record: wire.ProductRecord) -> GroupRef | None:
        """Return the group that a product's record names, if any."""
        embedded = record.ProductGroup
        return self.group_ref(embedded.Code) if embedded and embedded.Code else None

    def membership(self, record: wire.ProductRecord) -> catalog.Membership:
        """Convert a product of a group; a membership has no status of its own."""
        return catalog.Membership(product=self.product(record))

    def product(self, record: wire.ProductRecord) -> catalog.Product:
        """Convert a product, from a list or from its own read."""
        ref = self.group_of(record)
        return catalog.Product(
            ref=self.product_ref(record),
            name=record.ProductName or None,
            description=record.ShortDescription or None,
            sku=record.ProductCode,
            price=self.price(record),
            pricing=pricing(record),
            is_recurring=record.GeneratesSubscription,
            status=product_status(record),
            detail=catalog.ProductDetail(image_url=_image_url(record.ProductImages)),
            groups=(ref,) if ref else None,
            embedded_groups=self._embedded_groups(record),
        )

    def _embedded_groups(self, record: wire.ProductRecord) -> tuple[catalog.Group, ...] | None:
        embedded = record.ProductGroup
        if embedded is None or not embedded.Code or not embedded.is_complete:
            return None
        return (self.group(embedded, embedded.Code),)

    def price(self, record: wire.ProductRecord) -> catalog.Money | None:
        """Return the regular price of the default configuration, for the smallest quantity.

        None if all prices belong to pricing options, as with the pricing schema FLAT (documented).
        """
        configuration = _default_of(record.PricingConfigurations or ())
        if configuration is None or not isinstance(configuration.Prices, wire.PricesRecord):
            return None
        currency = configuration.DefaultCurrency
        base_prices = [
            entry for entry in configuration.Prices.Regular or () if not entry.OptionCodes
        ]
        for entry in sorted(base_prices, key=_quantity):
            if currency is None or entry.Currency != currency:
                continue
            amount = read_amount(self.account, "Amount", entry.Amount)
            if amount is None:
                return None
            if amount != _DELETED:
                return catalog.Money(
                    amount=_with_digits_of(currency, amount), currency_code=currency
                )
        return None


def product_status(record: wire.ProductRecord) -> catalog.ProductStatus | None:
    """Convert the status of a product; None if the vendor's value could not be decoded."""
    if record.Enabled is None:
        return None
    return catalog.ProductStatus.ACTIVE if record.Enabled else catalog.ProductStatus.INACTIVE


def _text(value: str | msgspec.UnsetType | None) -> str | None:
    return None if isinstance(value, msgspec.UnsetType) else value


def by_code(records: Iterable[wire.ProductRecord]) -> dict[str, wire.ProductRecord]:
    """Return products by code; pages that are read one after another may repeat some."""
    found: dict[str, wire.ProductRecord] = {}
    for record in records:
        found.setdefault(record.ProductCode, record)
    return found


def matches_search(search: str) -> Callable[[wire.ProductRecord], bool]:
    """Return a filter for products whose name or code contains this text in any case."""
    needle = normalize_for_search(search)
    return lambda row: any(
        needle in normalize_for_search(text) for text in (row.ProductName, row.ProductCode) if text
    )


def pricing(record: wire.ProductRecord) -> catalog.Pricing:
    """Return the terms of the default configuration and of the subscription.

    No documented field contains the days of a trial, or a price that the buyer chooses.
    """
    configuration = _default_of(record.PricingConfigurations or ())
    price_type = configuration.PriceType if configuration else None
    terms = record.SubscriptionInformation
    if not isinstance(terms, wire.SubscriptionInformationRecord):
        terms = wire.SubscriptionInformationRecord()
    period = _billing_period(terms) if record.GeneratesSubscription else None
    return catalog.Pricing(
        model=_pricing_model(record.GeneratesSubscription, terms),
        billing_period=period,
        is_tax_included=_TAX_INCLUDED.get(price_type or ""),
    )


def group_body(change: GroupChange) -> wire.Body:
    """Return the fields of a new group; the vendor chooses the code and ignores any sent one."""
    fields: dict[str, str | Absent | None] = {
        "Code": None,
        "Name": change.name,
        "TemplateName": change.template_name,
        "Description": change.description,
    }
    return {name: value for name, value in fields.items() if value is not UNSET}


def _pricing_model(
    is_subscription: bool | None,  # noqa: FBT001 # a field of the record
    terms: wire.SubscriptionInformationRecord,
) -> catalog.PricingModel | None:
    """Return the model; None with usage billing, as its effect on the price is not documented."""
    models = catalog.PricingModel
    if not is_subscription:
        return None if is_subscription is None else models.ONE_TIME
    if terms.UsageBilling not in {None, 0, "0", ""}:
        return None
    if terms.IsOneTimeFee:
        return models.ONE_TIME
    return models.RECURRING if parse_count(terms.BillingCycle) else None


def _billing_period(terms: wire.SubscriptionInformationRecord) -> catalog.BillingPeriod | None:
    """Return the length of a cycle; samples have -1 with a one-time fee."""
    count = parse_count(terms.BillingCycle)
    unit = _PERIOD_UNITS.get(terms.BillingCycleUnits or "")
    if not count or unit is None or terms.IsOneTimeFee:
        return None
    return catalog.BillingPeriod(count=count, unit=unit)


def _default_of(
    configurations: tuple[wire.PricingConfigurationRecord, ...],
) -> wire.PricingConfigurationRecord | None:
    only = configurations[0] if len(configurations) == 1 else None
    return next((one for one in configurations if one.Default), only)


def _quantity(entry: wire.PriceRecord) -> int:
    text = str(entry.MinQuantity)
    return int(text) if text.isdecimal() else 0


def _with_digits_of(currency: str, amount: Decimal) -> Decimal:
    """Return the amount with the currency's number of digits, unless it has more of its own."""
    try:
        digits = Currency(currency).exponent
    except ValueError:
        digits = None
    written = Decimal(f"{amount:f}")
    rounded = written if digits is None else Decimal(f"{amount:.{digits}f}")
    return rounded if rounded == written else written


def _image_url(images: object) -> str | None:
    """Return the URL of the default image, else of the first; RPC pages call the field URL."""
    listed = images if isinstance(images, list) else []
    records = [image for image in listed if isinstance(image, dict)]
    records.sort(key=lambda image: not image.get("Default"))
    urls = (image.get(name) for image in records for name in ("URL", "Url", "url"))
    return next((url for url in urls if url and isinstance(url, str)), None)
