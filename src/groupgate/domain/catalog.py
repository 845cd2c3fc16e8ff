"""The objects of a catalogue, the same for all vendors.

`derived` holds what other layers make of an object once, for as long as the object lives: objects
of cached responses serve many requests. It is not part of the object's value, and must not refer to
the object: such a cycle would stay in memory until the next garbage collection.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef


class GroupStatus(Enum):
    """Status of a group: in use or not."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class GroupAccess(Enum):
    """Access to a group: everyone may buy from it, or only some customers."""

    OPEN = "OPEN"
    RESTRICTED = "RESTRICTED"


class GroupProductStatus(Enum):
    """Status of a product within one group: offered there or not."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class ProductStatus(Enum):
    """Status of a product at its vendor: on sale or not."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class PricingModel(Enum):
    """Basis of a product's price: one payment, a payment for each period, or measured use."""

    ONE_TIME = "ONE_TIME"
    RECURRING = "RECURRING"
    USAGE_BASED = "USAGE_BASED"


class PeriodUnit(Enum):
    """Unit of a billing period."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingPeriod:
    """The time between two payments, for example 3 months; `count` is at least 1."""

    count: int
    unit: PeriodUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in major units and its ISO 4217 code, None if the vendor does not return one."""

    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCollection:
    """A set of groups; an implicit collection has no native id and no dates."""

    ref: CollectionRef
    name: str
    description: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of products of one vendor."""

    ref: GroupRef
    name: str | None
    status: GroupStatus = GroupStatus.ACTIVE
    access: GroupAccess | None = None
    description: str | None = None
    template_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    derived: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """The terms of a product's price; None where the vendor does not return them."""

    model: PricingModel | None = None
    billing_period: BillingPeriod | None = None
    trial_days: int | None = None
    is_tax_included: bool | None = None
    is_pay_what_you_want: bool | None = None
    minimum_price: Money | None = None
    suggested_price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail:
    """Fields that some vendors return only if a product is read by its id."""

    image_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product that a vendor sells, with the fields of the response it was read from.

    `status`, `detail` and `groups` are None if that response does not contain them; the
    provider's `get_statuses`, `get_products` and `groups_of` read them then.
    """

    ref: ProductRef
    name: str | None
    description: str | None = None
    sku: str | None = None
    price: Money | None = None
    pricing: Pricing = Pricing()
    is_recurring: bool | None = None
    status: ProductStatus | None = None
    detail: ProductDetail | None = None
    groups: tuple[GroupRef, ...] | None = None
    embedded_groups: tuple[Group, ...] | None = None
    """The groups themselves, if the response contains all their fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A product in a group; `row_id` is the vendor's id of the membership, if it has one."""

    product: Product
    status: GroupProductStatus = GroupProductStatus.ACTIVE
    row_id: str | None = None
    derived: dict[str, object] = field(default_factory=dict, init=False, repr=False, compare=False)
