"""Conversion of the terms of 2Checkout's prices and subscriptions."""

from typing import Any, Final

import msgspec
import pytest

from groupgate.domain.catalog import BillingPeriod, PeriodUnit, Pricing, PricingModel
from groupgate.domain.refs import ProviderKey
from groupgate.providers.two_checkout import mapping, wire

MAPPER: Final = mapping.Mapper(ProviderKey.TWO_CHECKOUT)

NET = {"Default": True, "DefaultCurrency": "USD", "PriceType": "NET"}
GROSS = {**NET, "PriceType": "GROSS"}
ONE_TIME_FEE = {"BillingCycle": "-1", "BillingCycleUnits": "M", "IsOneTimeFee": True}
"""As in the vendor's samples."""


def pricing(**fields: Any) -> Pricing:
    """Convert the terms of a product with these fields."""
    record = msgspec.convert({"ProductCode": "plan", **fields}, wire.ProductRecord)
    assert MAPPER.product(record).pricing == mapping.pricing(record)
    return mapping.pricing(record)


def subscription(**terms: Any) -> Pricing:
    """Convert the terms of a product that generates a subscription."""
    return pricing(GeneratesSubscription=True, SubscriptionInformation=terms)


def months(count: int) -> BillingPeriod:
    """Return a period of months."""
    return BillingPeriod(count=count, unit=PeriodUnit.MONTH)


@pytest.mark.parametrize("cycle", [12, "12", 12.0])
def test_a_subscription_is_billed_for_each_cycle(cycle: Any) -> None:
    found = subscription(
        BillingCycle=cycle, BillingCycleUnits="M", IsOneTimeFee=False, UsageBilling=0
    )
    assert found == Pricing(model=PricingModel.RECURRING, billing_period=months(12))


def test_a_one_time_fee_is_paid_once() -> None:
    assert subscription(**ONE_TIME_FEE) == Pricing(model=PricingModel.ONE_TIME)
    contradiction = subscription(BillingCycle=12, BillingCycleUnits="M", IsOneTimeFee=True)
    assert contradiction == Pricing(model=PricingModel.ONE_TIME)


@pytest.mark.parametrize("terms", [None, [], {}, {"BillingCycle": 1, "BillingCycleUnits": "M"}])
def test_a_product_without_a_subscription_is_paid_once(terms: Any) -> None:
    found = pricing(GeneratesSubscription=False, SubscriptionInformation=terms)
    assert found == Pricing(model=PricingModel.ONE_TIME)


@pytest.mark.parametrize(
    ("unit", "period"),
    [
        ("M", months(7)),
        ("D", BillingPeriod(count=7, unit=PeriodUnit.DAY)),
        ("Y", None),
        ("W", None),
        ("months", None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_units_of_the_samples_are_converted(
    unit: str | None, period: BillingPeriod | None
) -> None:
    found = subscription(BillingCycle="7", BillingCycleUnits=unit)
    assert found == Pricing(model=PricingModel.RECURRING, billing_period=period)


@pytest.mark.parametrize("cycle", ["-1", -1, 0, "", "monthly", None, 2**31])
def test_a_subscription_without_a_cycle_has_no_model(cycle: Any) -> None:
    assert subscription(BillingCycle=cycle, BillingCycleUnits="M") == Pricing()


@pytest.mark.parametrize("terms", [None, [], {}])
def test_a_subscription_without_information_has_no_model(terms: Any) -> None:
    assert pricing(GeneratesSubscription=True, SubscriptionInformation=terms) == Pricing()


def test_an_unknown_product_has_no_model() -> None:
    assert (
        pricing(SubscriptionInformation={"BillingCycle": 1, "BillingCycleUnits": "M"}) == Pricing()
    )


@pytest.mark.parametrize("usage", [1, "1", True])
def test_the_model_of_usage_billing_is_unknown(usage: Any) -> None:
    found = subscription(BillingCycle=1, BillingCycleUnits="M", UsageBilling=usage)
    assert found == Pricing(billing_period=months(1))


@pytest.mark.parametrize("usage", [0, "0", "", False, None])
def test_no_usage_billing_is_a_recurring_price(usage: Any) -> None:
    found = subscription(BillingCycle=1, BillingCycleUnits="M", UsageBilling=usage)
    assert found.model is PricingModel.RECURRING


@pytest.mark.parametrize(
    ("configurations", "is_tax_included"),
    [
        ([NET], False),
        ([GROSS], True),
        ([{**NET, "Default": False}, GROSS], True),
        ([{**NET, "Default": False}, {**GROSS, "Default": False}], None),
        ([{**NET, "PriceType": "gross"}], None),
        ([{**NET, "PriceType": None}], None),
        ([], None),
        (None, None),
    ],
)
def test_gross_prices_of_the_default_configuration_include_taxes(
    configurations: Any, *, is_tax_included: bool | None
) -> None:
    found = pricing(PricingConfigurations=configurations)
    assert found == Pricing(is_tax_included=is_tax_included)
