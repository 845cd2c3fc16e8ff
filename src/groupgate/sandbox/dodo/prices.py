"""Prices: a union on `type`, completed as the vendor answers it."""

from groupgate.sandbox.dodo.currencies import CURRENCIES
from groupgate.sandbox.dodo.records import Json
from groupgate.sandbox.dodo.shapes import (
    Shape,
    boolean,
    integer,
    many,
    nullable,
    one_of,
    record,
    tagged,
    text,
)

_INTERVAL = one_of("Day", "Week", "Month", "Year")
_AMOUNT = integer()
"""Minor units in 32 bits (documented); that there are no negative prices is assumed."""

_METER = record(
    {"meter_id": text()},
    {
        "name": nullable(text()),
        "description": nullable(text()),
        "measurement_unit": nullable(text()),
        "free_threshold": nullable(integer()),
        "price_per_unit": nullable(text()),
        "credit_entitlement_id": nullable(text()),
        "meter_units_per_credit": nullable(text()),
    },
)
_SAME: dict[str, Shape] = {"type": text(), "currency": one_of(*CURRENCIES)}
_SAME_OPTIONAL = {
    "discount": nullable(integer(most=100)),
    "discount_bps": nullable(integer(most=10_000)),
    "purchasing_power_parity": nullable(boolean),
    "tax_inclusive": nullable(boolean),
}
_PERIOD = {
    "payment_frequency_count": integer(),
    "payment_frequency_interval": _INTERVAL,
    "subscription_period_count": integer(),
    "subscription_period_interval": _INTERVAL,
}
_ONE_TIME = {"pay_what_you_want": nullable(boolean), "suggested_price": nullable(_AMOUNT)}
_RECURRING = {
    "trial_period_days": nullable(integer()),
    "trial_amount": nullable(_AMOUNT),
    "trial_apply_discounts": nullable(boolean),
    "trial_payment_method_optional": nullable(boolean),
    "zero_amount_payment_method_optional": nullable(boolean),
}
_USAGE = {"meters": nullable(many(_METER))}

PRICE = tagged(
    "type",
    {
        "one_time_price": record(_SAME | {"price": _AMOUNT}, _SAME_OPTIONAL | _ONE_TIME),
        "recurring_price": record(
            _SAME | {"price": _AMOUNT} | _PERIOD, _SAME_OPTIONAL | _RECURRING
        ),
        "usage_based_price": record(
            _SAME | {"fixed_price": _AMOUNT} | _PERIOD, _SAME_OPTIONAL | _USAGE
        ),
    },
)

_DEFAULTS: Json = {
    "discount": 0,
    "discount_bps": None,
    "purchasing_power_parity": False,
    "tax_inclusive": False,
}
_OWN_DEFAULTS: dict[str, Json] = {
    "one_time_price": {"pay_what_you_want": False, "suggested_price": None},
    "recurring_price": {"trial_period_days": 0},
    "usage_based_price": {"meters": []},
}


def complete(price: Json) -> Json:
    """Fill in what was left out or null: answers always had discount and parity until 1.102."""
    sent = {name: value for name, value in price.items() if value is not None}
    return {**_DEFAULTS, **_OWN_DEFAULTS[price["type"]], **sent}


def is_recurring(price: Json) -> bool:
    """Tell subscriptions from sales; use is billed by period and counts as the former."""
    return bool(price["type"] != "one_time_price")


def amount(price: Json) -> int:
    """Return the one number that flat answers show; for usage-based prices the fixed part."""
    return int(price["fixed_price"] if price["type"] == "usage_based_price" else price["price"])
