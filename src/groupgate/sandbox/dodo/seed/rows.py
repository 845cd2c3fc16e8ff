"""The form in which the first catalogue is written down."""

from dataclasses import dataclass, field

from groupgate.sandbox.dodo.prices import complete
from groupgate.sandbox.dodo.records import Json


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product; its name is unique and makes its id."""

    name: str
    price: Json
    description: str | None = None
    tax_category: str = "saas"
    extra: Json = field(default_factory=dict)
    """Further fields of the record."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group with its products, of which some may be switched off."""

    name: str | None
    products: tuple[ProductRow, ...] = ()
    status: bool = True
    switched_off: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRow:
    """A collection with its groups; its name makes its id and the ids of its groups."""

    name: str
    groups: tuple[GroupRow, ...]
    created_at: str
    updated_at: str
    description: str | None = None
    brand: str = "Kestrel Works"
    has_image: bool = True
    archived: bool = False
    plan_changes: Json = field(default_factory=dict)
    translations: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)


def once(currency: str, price: int, **more: object) -> Json:
    """Price something that is paid once, in minor units."""
    return complete({"type": "one_time_price", "currency": currency, "price": price, **more})


def every(interval: str, currency: str, price: int, **more: object) -> Json:
    """Price a subscription that runs until it is cancelled: 20 years (documented maximum)."""
    amount = {"type": "recurring_price", "currency": currency, "price": price}
    return complete({**amount, **_periods(interval), **more})


def metered(currency: str, fixed_price: int, meter: str, unit: str, per_unit: str) -> Json:
    """Price use: a monthly fee and so much for each unit of a meter."""
    amount = {"type": "usage_based_price", "currency": currency, "fixed_price": fixed_price}
    meters = [
        {
            "meter_id": f"mtr_{meter.replace(' ', '_').lower()}",
            "name": meter,
            "measurement_unit": unit,
            "free_threshold": 0,
            "price_per_unit": per_unit,
        }
    ]
    return complete({**amount, **_periods("Month"), "meters": meters})


def _periods(interval: str) -> Json:
    return {
        "payment_frequency_count": 1,
        "payment_frequency_interval": interval,
        "subscription_period_count": 20,
        "subscription_period_interval": "Year",
    }
