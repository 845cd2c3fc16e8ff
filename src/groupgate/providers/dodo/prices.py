"""Converts Dodo's prices into amounts of money and terms; equal ones are the same object."""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from groupgate.decoding.scalars import parse_count
from groupgate.domain import catalog
from groupgate.providers.dodo import wire

_WITHOUT_DECIMALS: Final = frozenset(
    {
        *("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA"),
        *("PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"),
    }
)
"""Currencies whose amounts are in major units; all others have two decimals, unlike in ISO 4217.

Seen in the public code of the vendor's customer portal, June 2026.
"""

_PERIOD_UNITS: Final = {
    "day": catalog.PeriodUnit.DAY,
    "week": catalog.PeriodUnit.WEEK,
    "month": catalog.PeriodUnit.MONTH,
    "year": catalog.PeriodUnit.YEAR,
}
"""Dodo's time intervals (documented), in lower case."""

_LONGEST_UNIT: Final = 16
"""Characters of an interval in a price that is remembered; all known ones are shorter."""

_CODE_LENGTH: Final = 3
"""Characters of a currency's ISO 4217 code."""

_PRICING_MODELS: Final = {
    "one_time_price": catalog.PricingModel.ONE_TIME,
    "recurring_price": catalog.PricingModel.RECURRING,
    "usage_based_price": catalog.PricingModel.USAGE_BASED,
}
"""Dodo's kinds of price (documented)."""


def price_and_terms(
    detail: wire.Price | None,
    amount: int | None,
    currency: str | None,
    is_tax_included: bool | None,  # noqa: FBT001 # a field of the record
) -> tuple[catalog.Money | None, catalog.Pricing]:
    """Return what `price` and `pricing` return, once for equal details."""
    if detail is None or not _is_short(detail):
        return price(detail, amount, currency), pricing(detail, is_tax_included)
    return _known_price_and_terms(detail, is_tax_included)


def _is_short(detail: wire.Price) -> bool:
    """Return True if the detail may be remembered."""
    return (
        detail.type in _PRICING_MODELS
        and len(detail.currency or "") <= _CODE_LENGTH
        and len(detail.payment_frequency_interval or "") <= _LONGEST_UNIT
    )


@lru_cache(maxsize=4_096)
def _known_price_and_terms(
    detail: wire.Price,
    is_tax_included: bool | None,  # noqa: FBT001
) -> tuple[catalog.Money | None, catalog.Pricing]:
    return price(detail, None, None), pricing(detail, is_tax_included)


def price(
    detail: wire.Price | None, amount: int | None, currency: str | None
) -> catalog.Money | None:
    """Return the price in the detail, else the flat one; None if the buyer sets the price."""
    if detail is None:
        return _money(amount, currency)
    if detail.pay_what_you_want:
        return None
    match detail.type:
        case "one_time_price" | "recurring_price":
            return _money(detail.price, detail.currency)
        case "usage_based_price":
            return _money(detail.fixed_price, detail.currency)
        case _:
            return None


def pricing(detail: wire.Price | None, is_tax_included: bool | None) -> catalog.Pricing:  # noqa: FBT001 # a field of the record
    """Return the terms in the detail; `is_tax_included` is the flat field beside it.

    The terms of a kind of price that is not documented are unknown.
    """
    if detail is None or detail.type not in _PRICING_MODELS:
        return catalog.Pricing(is_tax_included=is_tax_included)
    if detail.tax_inclusive is not None:
        is_tax_included = detail.tax_inclusive
    is_open = detail.pay_what_you_want
    return catalog.Pricing(
        model=_PRICING_MODELS[detail.type],
        billing_period=_billing_period(detail),
        trial_days=parse_count(detail.trial_period_days),
        is_tax_included=is_tax_included,
        is_pay_what_you_want=is_open,
        minimum_price=_money(detail.price, detail.currency) if is_open else None,
        suggested_price=_money(detail.suggested_price, detail.currency) if is_open else None,
    )


def _billing_period(detail: wire.Price) -> catalog.BillingPeriod | None:
    interval = detail.payment_frequency_interval
    if interval is None:
        return None
    count = parse_count(detail.payment_frequency_count)
    unit = _PERIOD_UNITS.get(interval.casefold())
    return catalog.BillingPeriod(count=count, unit=unit) if count and unit else None


def _money(minor_units: int | None, currency: str | None) -> catalog.Money | None:
    """Convert an amount; None without a currency, as the amount is unknown then."""
    if minor_units is None or not currency:
        return None
    # What is remembered must be short.
    is_code = len(currency) == _CODE_LENGTH
    return _known_money(minor_units, currency) if is_code else _new_money(minor_units, currency)


def _new_money(minor_units: int, currency: str) -> catalog.Money:
    decimals = 0 if currency.upper() in _WITHOUT_DECIMALS else 2
    return catalog.Money(amount=Decimal(minor_units).scaleb(-decimals), currency_code=currency)


_known_money = lru_cache(maxsize=4_096)(_new_money)
"""Returns the same object for equal prices, which many products have."""
