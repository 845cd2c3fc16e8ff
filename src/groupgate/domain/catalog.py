"""The objects of a catalogue, the same for all vendors.

They are structs of msgspec, which are made eight times as fast as frozen dataclasses: a query may
need thousands. They refer to nothing that could refer to them, so the garbage collector need not
visit them (`gc=False`). Objects of cached responses serve many requests; `memo` keeps what is
computed of them once.
"""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from msgspec import Raw, Struct, field

from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef


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


class Memo(Struct, eq=False, gc=False):
    """What was computed of an object once; equal to every other, as it is no part of the value."""

    global_id: str | None = None
    selection: int = 0
    """The number of the selection that the object was read for last."""
    json: Raw | None = None
    """The object in the response to that selection."""

    def __eq__(self, other: object) -> bool:
        """Return True for every other instance."""
        return isinstance(other, Memo)

    def __hash__(self) -> int:
        """Return the same hash for every instance."""
        return 0


class BillingPeriod(Struct, frozen=True, kw_only=True, gc=False):
    """The time between two payments, for example 3 months; `count` is at least 1."""

    count: int
    unit: PeriodUnit


class Money(Struct, frozen=True, kw_only=True, gc=False):
    """An amount in major units and its ISO 4217 code, None if the vendor does not return one."""

    amount: Decimal
    currency_code: str | None


class ProductCollection(Struct, frozen=True, kw_only=True, gc=False):
    """A set of groups; an implicit collection has no native id and no dates."""

    ref: CollectionRef
    name: str
    description: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    memo: Memo = field(default_factory=Memo)

    @property
    def is_implicit(self) -> bool:
        """True for the only collection of a vendor without collections."""
        return self.ref.native_id is None


def implicit_collection(account: AccountKey) -> ProductCollection:
    """Return the collection of all groups of a vendor without collections."""
    return ProductCollection(ref=CollectionRef(provider=account), name=account.display_name)


class Group(Struct, frozen=True, kw_only=True, gc=False):
    """A group of products of one vendor."""

    ref: GroupRef
    name: str | None
    status: GroupStatus = GroupStatus.ACTIVE
    access: GroupAccess | None = None
    description: str | None = None
    template_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    memo: Memo = field(default_factory=Memo)


class Pricing(Struct, frozen=True, kw_only=True, gc=False):
    """The terms of a product's price; None where the vendor does not return them."""

    model: PricingModel | None = None
    billing_period: BillingPeriod | None = None
    trial_days: int | None = None
    is_tax_included: bool | None = None
    is_pay_what_you_want: bool | None = None
    minimum_price: Money | None = None
    suggested_price: Money | None = None


class ProductDetail(Struct, frozen=True, kw_only=True, gc=False):
    """Fields that some vendors return only if a product is read by its id."""

    image_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Product(Struct, frozen=True, kw_only=True, gc=False):
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
    memo: Memo = field(default_factory=Memo)


class Membership(Struct, frozen=True, kw_only=True, gc=False):
    """A product in a group; `row_id` is the vendor's id of the membership, if it has one."""

    product: Product
    status: GroupProductStatus = GroupProductStatus.ACTIVE
    row_id: str | None = None
