"""Conversion of the terms of Dodo's prices."""

from decimal import Decimal
from typing import Final

import msgspec
import pytest

from groupgate.domain.catalog import BillingPeriod, Money, PeriodUnit, Pricing, PricingModel
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo import mapping, prices, wire
from tests.providers.dodo import records

MAPPER: Final = mapping.Mapper(ProviderKey.DODO)

MONTHLY = {"payment_frequency_count": 1, "payment_frequency_interval": "Month"}
ONE_MONTH = BillingPeriod(count=1, unit=PeriodUnit.MONTH)


def recurring(**more: object) -> records.Json:
    """Return a price for each month."""
    return {"type": "recurring_price", "currency": "EUR", "price": 299, **MONTHLY, **more}


def pricing(price: records.Json | None, *, is_tax_included: bool | None = None) -> Pricing:
    """Convert the terms of a price."""
    detail = None if price is None else msgspec.convert(price, wire.Price)
    return prices.pricing(detail, is_tax_included)


def eur(amount: str) -> Money:
    """Return an amount in euros."""
    return Money(amount=Decimal(amount), currency_code="EUR")


def test_a_one_time_price_has_no_period_and_no_trial() -> None:
    price = records.one_time(pay_what_you_want=False, suggested_price=None, tax_inclusive=True)
    assert pricing(price) == Pricing(
        model=PricingModel.ONE_TIME, is_tax_included=True, is_pay_what_you_want=False
    )


def test_a_recurring_price_has_a_period_and_a_trial() -> None:
    assert pricing(recurring(trial_period_days=30, tax_inclusive=False)) == Pricing(
        model=PricingModel.RECURRING,
        billing_period=ONE_MONTH,
        trial_days=30,
        is_tax_included=False,
    )


def test_a_usage_based_price_has_a_period() -> None:
    price = {"type": "usage_based_price", "currency": "EUR", "fixed_price": 500, **MONTHLY}
    assert pricing(price) == Pricing(model=PricingModel.USAGE_BASED, billing_period=ONE_MONTH)


def test_the_price_is_the_minimum_if_the_buyer_chooses_it() -> None:
    price = records.one_time(500, "EUR", pay_what_you_want=True, suggested_price=900)
    assert pricing(price) == Pricing(
        model=PricingModel.ONE_TIME,
        is_pay_what_you_want=True,
        minimum_price=eur("5.00"),
        suggested_price=eur("9.00"),
    )
    without = pricing(records.one_time(0, "EUR", pay_what_you_want=True))
    assert (without.minimum_price, without.suggested_price) == (eur("0.00"), None)


@pytest.mark.parametrize("flag", [False, None])
def test_a_suggested_price_is_ignored_if_the_buyer_does_not_choose(flag: bool | None) -> None:  # noqa: FBT001 # a parameter
    found = pricing(records.one_time(500, "EUR", pay_what_you_want=flag, suggested_price=900))
    assert found == Pricing(model=PricingModel.ONE_TIME, is_pay_what_you_want=flag)


@pytest.mark.parametrize(
    ("count", "interval", "period"),
    [
        (1, "Day", BillingPeriod(count=1, unit=PeriodUnit.DAY)),
        (2, "Week", BillingPeriod(count=2, unit=PeriodUnit.WEEK)),
        (3, "Month", BillingPeriod(count=3, unit=PeriodUnit.MONTH)),
        (1, "Year", BillingPeriod(count=1, unit=PeriodUnit.YEAR)),
        (1, "month", ONE_MONTH),
        (1, "Quarter", None),
        (1, None, None),
        (0, "Month", None),
        (-1, "Month", None),
        (2**31, "Month", None),
        (None, "Month", None),
    ],
)
def test_the_period_is_that_of_the_payments(
    count: int | None, interval: str | None, period: BillingPeriod | None
) -> None:
    price = recurring(
        payment_frequency_count=count,
        payment_frequency_interval=interval,
        subscription_period_count=20,
        subscription_period_interval="Year",
    )
    assert pricing(price) == Pricing(model=PricingModel.RECURRING, billing_period=period)


@pytest.mark.parametrize(
    ("written", "days"), [(14, 14), (0, 0), (None, None), (-1, None), (2**31, None)]
)
def test_a_trial_of_no_days_is_no_trial(written: int | None, days: int | None) -> None:
    assert pricing(recurring(trial_period_days=written)).trial_days == days


def test_the_flat_tax_field_is_used_if_the_detail_has_none() -> None:
    assert pricing(records.one_time(), is_tax_included=True).is_tax_included is True
    gross = records.one_time(tax_inclusive=True)
    assert pricing(gross, is_tax_included=False).is_tax_included is True


@pytest.mark.parametrize(
    "price", [None, {"type": "auction_price", "tax_inclusive": False, **MONTHLY}]
)
def test_without_a_documented_kind_of_price_the_terms_are_unknown(
    price: records.Json | None,
) -> None:
    assert pricing(price) == Pricing()
    assert pricing(price, is_tax_included=True) == Pricing(is_tax_included=True)


def test_all_three_reads_have_the_terms() -> None:
    price = recurring(trial_period_days=30, tax_inclusive=True)
    row = records.item("pdt_1", price_detail=price, tax_inclusive=True)
    listed = records.listed_product("pdt_1", price_detail=price, tax_inclusive=True)
    parent = msgspec.convert(
        records.collection("pdc_1", records.group("g1", row)), wire.ProductCollection
    )
    found = [
        MAPPER.membership(parent, parent.groups[0].products[0], None).product,
        MAPPER.listed_product(msgspec.convert(listed, wire.ProductListItem)),
        MAPPER.product(msgspec.convert(records.product("pdt_1", price=price), wire.Product)),
    ]
    terms = Pricing(
        model=PricingModel.RECURRING,
        billing_period=ONE_MONTH,
        trial_days=30,
        is_tax_included=True,
    )
    assert [product.pricing for product in found] == [terms] * 3


def test_equal_prices_are_the_same_object_unless_the_currency_is_no_code() -> None:
    detail = msgspec.convert(records.one_time(900, "EUR"), wire.Price)
    assert prices.price(detail, None, None) is prices.price(None, 900, "EUR")
    long = "E" * 1_000
    first, second = prices.price(None, 900, long), prices.price(None, 900, long)
    assert first == second
    assert first is not second
