"""The form of the seed data: collections, groups, products and their prices."""

from dataclasses import dataclass, field

from groupgate.sandbox.dodo.catalog import Json, prefixed_id

BUSINESS_ID = prefixed_id("bus_", "Kestrel Works")
"""Also the id of the primary brand (documented)."""


@dataclass(frozen=True, slots=True)
class ProductSeed:
    """A product; its name is unique and determines its id."""

    name: str
    price: Json
    description: str | None = None
    tax_category: str = "saas"
    fields: Json = field(default_factory=dict)
    """Further fields of `catalog.Product`."""
    monthly_credits: str | None = None
    """The assistant credits that a subscription grants each month."""


@dataclass(frozen=True, slots=True)
class GroupSeed:
    """A group with its products; `inactive` names the products whose item is switched off."""

    name: str | None
    products: tuple[ProductSeed, ...] = ()
    status: bool = True
    inactive: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionSeed:
    """A collection with its groups; its name determines its id and the ids of its groups."""

    name: str
    groups: tuple[GroupSeed, ...]
    created_at: str
    updated_at: str
    description: str | None = None
    brand_id: str = BUSINESS_ID
    has_image: bool = True
    archived: bool = False
    plan_changes: Json = field(default_factory=dict)


_DEFAULTS: Json = {
    "discount": 0,
    "discount_bps": None,
    "purchasing_power_parity": False,
    "tax_inclusive": False,
}


def one_time(currency: str, price: int, **fields: object) -> Json:
    """Return a price that is paid once, in minor units."""
    defaults = {**_DEFAULTS, "pay_what_you_want": False, "suggested_price": None}
    return {
        **defaults,
        "type": "one_time_price",
        "currency": currency,
        "price": price,
        **fields,
    }


def recurring(interval: str, currency: str, price: int, **fields: object) -> Json:
    """Return the price of a subscription, in minor units for each `interval`."""
    return {
        **_DEFAULTS,
        "trial_period_days": 0,
        "type": "recurring_price",
        "currency": currency,
        "price": price,
        **_periods(interval),
        **fields,
    }


def usage_based(currency: str, fixed_price: int, meter: str, unit: str, per_unit: str) -> Json:
    """Return a price with a monthly fee and an amount for each unit of a meter."""
    return {
        **_DEFAULTS,
        "meters": [
            {
                "meter_id": f"mtr_{meter.replace(' ', '_').lower()}",
                "name": meter,
                "measurement_unit": unit,
                "free_threshold": 0,
                "price_per_unit": per_unit,
            }
        ],
        "type": "usage_based_price",
        "currency": currency,
        "fixed_price": fixed_price,
        **_periods("Month"),
    }


def _periods(interval: str) -> Json:
    # A subscription without an end lasts 20 years, the maximum (documented).
    return {
        "payment_frequency_count": 1,
        "payment_frequency_interval": interval,
        "subscription_period_count": 20,
        "subscription_period_interval": "Year",
    }
