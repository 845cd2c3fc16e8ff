"""The catalogue of the simulated merchant: groups, and products with exactly one group each."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from groupgate.sandbox.two_checkout.protocol import Json, NotFoundError

GENERAL = "0A1B2C3D4E"
"""The code of the group General, which holds the products that are in no other group."""
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
    """A product; `fields` are those of /products except id, code and group."""

    code: str
    avangate_id: int | str
    group_code: str
    fields: Json
    shows_group: bool = True
    """False shows ProductGroup as null, so that only /products/{code}/productgroups/ names it."""


class Catalog:
    """All groups and products by code, oldest first; lookups raise the vendor's errors."""

    def __init__(self, groups: Iterable[Group], products: Iterable[Product]) -> None:
        self.groups = {group.code: group for group in groups}
        self.products = {product.code: product for product in products}
        self._code_count = 0

    def group(self, code: str) -> Group:
        """Return a group."""
        if code not in self.groups:
            raise NotFoundError("PRODUCT_GROUP_NOT_FOUND", "Product group not found")
        return self.groups[code]

    def product(self, code: str) -> Product:
        """Return a product by its code; the numeric id is not accepted (documented)."""
        if code not in self.products:
            raise NotFoundError("PRODUCT_NOT_FOUND", "Product not found")
        return self.products[code]

    def new_code(self) -> str:
        """Return an unused code."""
        self._code_count += 1
        return system_code(f"made here {self._code_count}")


def system_code(name: str) -> str:
    """Return a code in the vendor's form, ten upper-case hex digits, the same for the same name."""
    return sha256(f"2checkout {name}".encode()).hexdigest()[:10].upper()
