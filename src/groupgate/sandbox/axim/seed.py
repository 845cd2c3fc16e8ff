"""Builds the catalogue that each simulator starts with: 201 products in 14 groups."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count

from groupgate.sandbox.axim.catalog import Catalog, Group, Product, object_id, timestamp
from groupgate.sandbox.axim.protocol import Json
from groupgate.sandbox.axim.seed_data import RANGES, ProductRange
from groupgate.sandbox.simulator import Clock

_OPENED_AT = 1_735_722_000.0  # 2025-01-01T09:00:00Z
_HOUR = 3_600.0
_GIFT_PRICE = 50
_FREE_SHIPPING_PRICE = 200

_EMPTY_FIELDS: Json = {
    "name": "",
    "sku": "",
    "description": {},
    "shortDescription": "",
    "specifications": [],
    "status": "active",
    "weight": 0,
    "files": [],
    "manufacturer": "",
    "price": "0",
    "options": [],
    "variants": [],
    "metaFields": [],
    "mediaGallery": [],
    "categories": [],
    "bundledProducts": [],
    "groupedProducts": [],
    "tierPrice": [],
    "isFeatured": False,
    "isFreeShipping": False,
    "inventory": {"stock": 0, "minStock": 0},
}
"""All fields of /products in their order; the values of fields that nobody set are assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _GroupSeed:
    """A group; `has_member` takes a product and its position in the catalogue."""

    name: str
    has_member: Callable[[int, Product], bool]
    status: bool = True
    restrict_access: bool = False


def seed_catalog(clock: Clock) -> Catalog:
    """Return a new catalogue with the seed data."""
    return Catalog(*_groups_and_products(), clock)


@cache  # Tests reset often, and all records are immutable.
def _groups_and_products() -> tuple[list[Group], list[Product]]:
    products = list(_products())
    return [_group(number, seed, products) for number, seed in enumerate(_GROUPS)], products


def _products() -> Iterator[Product]:
    number = count()
    for product_range in RANGES:
        for kind in product_range.kinds:
            for position in range(len(product_range.series)):
                yield _product(next(number), product_range, kind, position)


def _product(
    number: int, product_range: ProductRange, kind: tuple[str, str, float], position: int
) -> Product:
    """Return the product of one kind in the series at `position`."""
    name, description, first_price = kind
    sku = f"{product_range.code}-{number + 1:03}"
    price = f"{round(first_price + position * product_range.step, 2):g}"
    fields: Json = {
        "name": f"{product_range.series[position]} {name}",
        "sku": sku,
        "price": price,
        "status": "inactive" if _is_nth(17, number) else "active",
        "description": {"text": f"{description}, made by {product_range.manufacturer}."},
        "shortDescription": description,
        "weight": round(0.2 + number % 40 * 0.35, 2),
        "manufacturer": product_range.manufacturer,
        "categories": [product_range.category],
        "mediaGallery": [] if _is_nth(11, number) else [_image(sku)],
        "variants": [
            _variant(sku, number, value, product_range, price) for value in product_range.values
        ],
        "inventory": {"stock": _stock(number), "minStock": 2},
        "isFeatured": number % 10 == 0,
        "isFreeShipping": float(price) >= _FREE_SHIPPING_PRICE,
    }
    created_at = _OPENED_AT + number * 36 * _HOUR
    return Product(
        id=object_id(f"product {sku}"),
        fields=_EMPTY_FIELDS | fields,
        created_at=timestamp(created_at + 0.216),
        updated_at=timestamp(created_at + number % 9 * _HOUR + 0.791),
    )


def _image(sku: str) -> Json:
    url = f"https://images.example.com/axim/{sku.lower()}.jpg"
    return {"url": url, "type": "image", "label": "Front", "isDefault": True}


def _variant(sku: str, number: int, value: str, product_range: ProductRange, price: str) -> Json:
    position = product_range.values.index(value)
    surcharge = 100 * position if product_range.option == "Storage" else 0
    amount = float(price) + surcharge
    slug = value.replace(" ", "")
    return {
        "id": object_id(f"variant {sku} {slug}"),
        "sku": f"{sku}-{slug.upper()}",
        "name": value,
        "price": amount,
        "cost": round(amount * 0.6, 2),
        "sale": round(amount * 0.9, 2),
        "options": [
            {
                "optionName": product_range.option,
                "optionValueLabel": value,
                "optionValue": slug.lower(),
            }
        ],
        "inventory": {"stock": _stock(number) * (position + 1), "minStock": 2},
        "isActive": True,
    }


def _stock(number: int) -> int:
    return 0 if _is_nth(13, number) else 3 + number % 48


def _is_nth(step: int, number: int) -> bool:
    return number % step == step - 1


def _group(number: int, seed: _GroupSeed, products: list[Product]) -> Group:
    created_at = _OPENED_AT + number * 72 * _HOUR
    return Group(
        id=object_id(f"group {seed.name}"),
        name=seed.name,
        status=seed.status,
        restrict_access=seed.restrict_access,
        members=tuple(
            product.id
            for position, product in enumerate(products)
            if seed.has_member(position, product)
        ),
        created_at=timestamp(created_at + 0.216),
        updated_at=timestamp(created_at + 30 * _HOUR + 0.191),
    )


def _in_category(*categories: str) -> Callable[[int, Product], bool]:
    return lambda _, product: product.fields["categories"][0] in categories


def _of_kind(*kinds: str) -> Callable[[int, Product], bool]:
    return lambda _, product: product.fields["name"].endswith(kinds)


def _every(step: int) -> Callable[[int, Product], bool]:
    return lambda position, _: position % step == 0


def _is_gift(_position: int, product: Product) -> bool:
    return product.price < _GIFT_PRICE


def _none(_position: int, _product: Product) -> bool:
    return False


_GROUPS = (
    _GroupSeed(
        name="Living room",
        has_member=_of_kind("armchair", "sofa", "sideboard", "coffee table", "floor lamp"),
    ),
    _GroupSeed(name="Kitchen & dining", has_member=_in_category("kitchen")),
    _GroupSeed(
        name="Bedroom",
        has_member=_of_kind(
            "bed frame", "bedside table", "duvet cover", "pillowcase", "fitted sheet"
        ),
    ),
    _GroupSeed(name="Women", has_member=_in_category("women")),
    _GroupSeed(name="Men", has_member=_in_category("men")),
    _GroupSeed(name="Clothing", has_member=_in_category("women", "men")),
    _GroupSeed(name="Electronics", has_member=_in_category("electronics")),
    _GroupSeed(name="Lighting", has_member=_in_category("lighting")),
    _GroupSeed(name="Gifts under 50", has_member=_is_gift),
    _GroupSeed(name="New arrivals", has_member=_of_kind("e-reader", "tablet")),
    _GroupSeed(name="Trade customers", has_member=_every(8), restrict_access=True),
    _GroupSeed(name="Staff picks", has_member=_every(25), restrict_access=True),
    _GroupSeed(name="Summer 2025", has_member=_of_kind("linen shirt", "carafe"), status=False),
    _GroupSeed(name="Christmas 2026", has_member=_none),
)
