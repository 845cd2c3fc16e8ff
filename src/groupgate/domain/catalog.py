"""What vendors sell and how they put it into groups, in words that belong to no vendor."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef


class GroupStatus(Enum):
    """Whether a group is in use."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class GroupAccess(Enum):
    """Who may buy from a group."""

    OPEN = "OPEN"
    RESTRICTED = "RESTRICTED"


class GroupProductStatus(Enum):
    """Whether a product is offered within one group."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


class ProductStatus(Enum):
    """Whether a product is on sale at its vendor."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in major units, and its ISO 4217 code if the vendor tells it."""

    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductCollection:
    """A set of groups; the implicit one has no native id and no dates."""

    ref: CollectionRef
    name: str
    description: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Products that belong together at one vendor."""

    ref: GroupRef
    name: str | None
    status: GroupStatus = GroupStatus.ACTIVE
    access: GroupAccess | None = None
    description: str | None = None
    template_name: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDetail:
    """What some vendors tell only where a product is read by itself."""

    image_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something a vendor sells, as far as the place it was read from tells.

    `status`, `detail` and `groups` are None where that place does not tell; then `get_statuses`,
    `get_products` and `groups_of` of the provider do.
    """

    ref: ProductRef
    name: str | None
    description: str | None = None
    sku: str | None = None
    price: Money | None = None
    is_recurring: bool | None = None
    status: ProductStatus | None = None
    detail: ProductDetail | None = None
    groups: tuple[GroupRef, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """A product in a group. `row_id` is the vendor's own id of the join row, if it has one."""

    product: Product
    status: GroupProductStatus = GroupProductStatus.ACTIVE
    row_id: str | None = None
