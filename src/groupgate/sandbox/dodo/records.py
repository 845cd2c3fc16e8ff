"""What the vendor keeps: brands, products, collections, their groups and their items."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Brand:
    """A face of the business; the primary one has the id of the business (documented)."""

    id: str
    name: str
    url: str
    statement_descriptor: str
    enabled: bool = True
    reason_for_hold: str | None = None
    archived_at: str | None = None


@dataclass(slots=True, kw_only=True)
class Product:
    """One thing that is sold, at one price."""

    id: str
    brand_id: str
    name: str
    price: Json
    tax_category: str
    created_at: str
    updated_at: str
    description: str | None = None
    image: str | None = None
    metadata: Json = field(default_factory=dict)
    addons: list[str] | None = None
    entitlements: list[str] = field(default_factory=list)
    credit_entitlements: list[Json] = field(default_factory=list)
    digital_product_delivery: Json | None = None
    license_key_enabled: bool = False
    license_key_activation_message: str | None = None
    license_key_activations_limit: int | None = None
    license_key_duration: Json | None = None
    pricing_mode: str | None = None
    archived: bool = False


@dataclass(slots=True, kw_only=True)
class Item:
    """A product's place in a group; `id` is the row's, not the product's (documented)."""

    id: str
    product_id: str
    status: bool = True


@dataclass(slots=True, kw_only=True)
class Group:
    """A named or unnamed list of items."""

    id: str
    name: str | None = None
    status: bool = True
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Translation:
    """Name and description of a collection in one language."""

    updated_at: str
    name: str | None = None
    description: str | None = None


@dataclass(slots=True, kw_only=True)
class Collection:
    """An ordered list of groups."""

    id: str
    brand_id: str
    name: str
    created_at: str
    updated_at: str
    description: str | None = None
    image: str | None = None
    plan_changes: Json = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    translations: dict[str, Translation] = field(default_factory=dict)
    archived: bool = False

    def items(self) -> list[Item]:
        """Return the items of all groups, in order."""
        return [item for group in self.groups for item in group.items]
