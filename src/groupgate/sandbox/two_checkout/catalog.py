"""What the simulator holds: groups, and products that each belong to exactly one."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from groupgate.sandbox.two_checkout.answers import MissingError

Json = dict[str, Any]

GENERAL = "0A1B2C3D4E"
"""The code of the General group, which always exists; products without another are in it."""
DEFAULT_TEMPLATE = "Default Template"
"""The cart template of a group that names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A product group."""

    code: str
    name: str
    template_name: str = DEFAULT_TEMPLATE
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product; `fields` are those a client may write, but for its code and its group."""

    code: str
    avangate_id: int | str
    group_code: str
    fields: Json
    review_status: str = "Passed"
    shows_group: bool = True
    """Some are shown with a null ProductGroup; only the endpoint for a product's group tells."""


class Catalog:
    """All groups and products by their codes, oldest first."""

    def __init__(self, groups: Iterable[Group], products: Iterable[Product]) -> None:
        self.groups = {group.code: group for group in groups}
        self.products = {product.code: product for product in products}
        self._made = 0

    def group(self, code: str) -> Group:
        """Return a group."""
        if code not in self.groups:
            raise MissingError("PRODUCT_GROUP_NOT_FOUND", "Product group not found")
        return self.groups[code]

    def product(self, code: str) -> Product:
        """Return a product by its editable code; the numeric id is no key here (documented)."""
        if code not in self.products:
            raise MissingError("PRODUCT_NOT_FOUND", "Product not found")
        return self.products[code]

    def replace_product(self, code: str, product: Product) -> None:
        """Put a product in the place of another, whose code it may have changed."""
        self.products = {
            each.code: each
            for each in (product if key == code else old for key, old in self.products.items())
        }

    def new_code(self) -> str:
        """Return a code that was never given before."""
        self._made += 1
        return system_code(f"made here {self._made}")


def system_code(origin: str) -> str:
    """Return a code as the system makes them: ten upper-case hex digits, fixed by the origin."""
    return sha256(f"2checkout {origin}".encode()).hexdigest()[:10].upper()
