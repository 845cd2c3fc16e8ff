"""The catalogue of the simulated store: groups with their members, and products."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from groupgate.sandbox.axim.protocol import ApiError, Json
from groupgate.sandbox.simulator import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A product group; `members` are product ids in the order of their addition."""

    id: str
    name: str
    status: bool = True
    restrict_access: bool = False
    members: tuple[str, ...] = ()
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product; `fields` are those of /products except ids, groups and dates."""

    id: str
    fields: Json
    created_at: str
    updated_at: str

    @property
    def price(self) -> float:
        """The price as a number; a whole number is an int."""
        price = float(self.fields["price"])
        return int(price) if price.is_integer() else price


class Catalog:
    """All groups and products by id, oldest first; lookups raise the vendor's errors."""

    def __init__(self, groups: Iterable[Group], products: Iterable[Product], clock: Clock) -> None:
        self.groups = {group.id: group for group in groups}
        self.products = {product.id: product for product in products}
        self._clock = clock
        self._id_count = 0

    def now(self) -> str:
        """Return the time in the vendor's format."""
        return timestamp(self._clock())

    def new_id(self) -> str:
        """Return an unused id."""
        self._id_count += 1
        return object_id(f"made here {self._id_count}")

    def group(self, group_id: str) -> Group:
        """Return a group; an id of an impossible form is also answered with 404 (assumed)."""
        if group_id not in self.groups:
            raise ApiError(404, "Product group not found")
        return self.groups[group_id]

    def product(self, product_id: str) -> Product:
        """Return a product."""
        if product_id not in self.products:
            raise ApiError(404, "Product not found")
        return self.products[product_id]

    def members(self, group: Group) -> list[Product]:
        """Return the products of a group, in its order."""
        return [self.products[member] for member in group.members]

    def groups_of(self, product: Product) -> list[str]:
        """Return the ids of the groups that have this product."""
        return [group.id for group in self.groups.values() if product.id in group.members]


def object_id(name: str) -> str:
    """Return an id in Axim's form, 24 hex digits, the same for the same name."""
    return sha256(f"axim {name}".encode()).hexdigest()[:24]


def timestamp(seconds: float) -> str:
    """Return a time in Axim's format: ISO 8601 with milliseconds and Z."""
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.removesuffix("+00:00") + "Z"
