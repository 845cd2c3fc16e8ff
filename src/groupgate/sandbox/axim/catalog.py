"""What the simulator holds: groups, which know their members, and products."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from groupgate.sandbox.axim.answers import RefusedError
from groupgate.sandbox.simulator import Clock

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A product group; `members` are product ids in the order they were added."""

    id: str
    name: str
    status: bool = True
    restrict_access: bool = False
    members: tuple[str, ...] = ()
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product; `fields` are those a client may write, as /products shows them."""

    id: str
    fields: Json
    created_at: str
    updated_at: str


class Catalog:
    """All groups and products, each by its id, oldest first."""

    def __init__(self, groups: Iterable[Group], products: Iterable[Product], clock: Clock) -> None:
        self.groups = {group.id: group for group in groups}
        self.products = {product.id: product for product in products}
        self._clock = clock
        self._made = 0

    def now(self) -> str:
        """Return the time as Axim writes it."""
        return timestamp(self._clock())

    def new_id(self) -> str:
        """Return an id that was never given before."""
        self._made += 1
        return object_id(f"made here {self._made}")

    def group(self, group_id: str) -> Group:
        """Return a group; an id that could not exist is merely unknown (assumed)."""
        if group_id not in self.groups:
            raise RefusedError(404, "Product group not found")
        return self.groups[group_id]

    def product(self, product_id: str) -> Product:
        """Return a product."""
        if product_id not in self.products:
            raise RefusedError(404, "Product not found")
        return self.products[product_id]

    def members(self, group: Group) -> list[Product]:
        """Return the products of a group in its order."""
        return [self.products[member] for member in group.members]

    def groups_of(self, product: Product) -> list[str]:
        """Return the ids of a product's groups; derived, so both sides always agree."""
        return [group.id for group in self.groups.values() if product.id in group.members]

    def remove_product(self, product: Product) -> None:
        """Remove a product from the catalogue and from its groups (assumed)."""
        for group_id in self.groups_of(product):
            group = self.groups[group_id]
            rest = tuple(member for member in group.members if member != product.id)
            self.groups[group_id] = replace(group, members=rest)
        del self.products[product.id]


def object_id(origin: str) -> str:
    """Return an id of Axim's look: 24 hex digits, the same each time for the same origin."""
    return sha256(f"axim {origin}".encode()).hexdigest()[:24]


def timestamp(seconds: float) -> str:
    """Return a moment as Axim writes it: ISO 8601 with milliseconds and Z."""
    moment = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return moment.removesuffix("+00:00") + "Z"
