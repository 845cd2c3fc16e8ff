"""The shop that every simulator starts with: 201 products in 14 groups, always the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count

from groupgate.sandbox.axim.assortment import RANGES, Range
from groupgate.sandbox.axim.catalog import (
    Catalog,
    Group,
    Json,
    Product,
    object_id,
    timestamp,
)
from groupgate.sandbox.axim.fields import complete_fields
from groupgate.sandbox.axim.shapes import price_number
from groupgate.sandbox.simulator import Clock

_OPENED = 1_735_722_000.0  # 2025-01-01T09:00:00Z
_HOUR = 3_600.0
_GIFT_PRICE = 50
_FREE_SHIPPING_PRICE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _GroupPlan:
    """A group and the rule by which it chose its products, given their place in the catalogue."""

    name: str
    takes: Callable[[int, Product], bool]
    status: bool = True
    restrict_access: bool = False


def seed_catalog(clock: Clock) -> Catalog:
    """Return the catalogue of a shop that is a year old."""
    return Catalog(*_shop(), clock)


@cache  # Tests reset often, and nothing in it can be changed.
def _shop() -> tuple[list[Group], list[Product]]:
    products = list(_products())
    return [_group(number, plan, products) for number, plan in enumerate(_PLANS)], products


def _products() -> Iterator[Product]:
    number = count()
    for each in RANGES:
        for kind in each.kinds:
            for place in range(len(each.series)):
                yield _product(next(number), each, kind, place)


def _product(number: int, each: Range, kind: tuple[str, str, float], place: int) -> Product:
    name, sentence, first_price = kind
    sku = f"{each.code}-{number + 1:03}"
    price = f"{round(first_price + place * each.step, 2):g}"
    fields: Json = {
        "name": f"{each.series[place]} {name}",
        "sku": sku,
        "price": price,
        "status": "inactive" if _is_nth(17, number) else "active",
        "description": {"text": f"{sentence}, made by {each.manufacturer}."},
        "shortDescription": sentence,
        "weight": round(0.2 + number % 40 * 0.35, 2),
        "manufacturer": each.manufacturer,
        "categories": [each.category],
        "mediaGallery": [] if _is_nth(11, number) else [_picture(sku)],
        "variants": [_variant(sku, number, value, each, price) for value in each.values],
        "inventory": {"stock": _stock(number), "minStock": 2},
        "isFeatured": number % 10 == 0,
        "isFreeShipping": float(price) >= _FREE_SHIPPING_PRICE,
    }
    created = _OPENED + number * 36 * _HOUR
    return Product(
        id=object_id(f"product {sku}"),
        fields=complete_fields(fields),
        created_at=timestamp(created + 0.216),
        updated_at=timestamp(created + number % 9 * _HOUR + 0.791),
    )


def _picture(sku: str) -> Json:
    url = f"https://images.example.com/axim/{sku.lower()}.jpg"
    return {"url": url, "type": "image", "label": "Front", "isDefault": True}


def _variant(sku: str, number: int, value: str, each: Range, price: str) -> Json:
    place = each.values.index(value)
    surcharge = 100 * place if each.option == "Storage" else 0
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
            {"optionName": each.option, "optionValueLabel": value, "optionValue": slug.lower()}
        ],
        "inventory": {"stock": _stock(number) * (place + 1), "minStock": 2},
        "isActive": True,
    }


def _stock(number: int) -> int:
    return 0 if _is_nth(13, number) else 3 + number % 48


def _is_nth(step: int, number: int) -> bool:
    return number % step == step - 1


def _group(number: int, plan: _GroupPlan, products: list[Product]) -> Group:
    created = _OPENED + number * 72 * _HOUR
    return Group(
        id=object_id(f"group {plan.name}"),
        name=plan.name,
        status=plan.status,
        restrict_access=plan.restrict_access,
        members=tuple(each.id for place, each in enumerate(products) if plan.takes(place, each)),
        created_at=timestamp(created + 0.216),
        updated_at=timestamp(created + 30 * _HOUR + 0.191),
    )


def _in(*categories: str) -> Callable[[int, Product], bool]:
    return lambda _, product: product.fields["categories"][0] in categories


def _called(*kinds: str) -> Callable[[int, Product], bool]:
    return lambda _, product: product.fields["name"].endswith(kinds)


def _every(step: int) -> Callable[[int, Product], bool]:
    return lambda place, _: place % step == 0


def _nothing(_place: int, _product: Product) -> bool:
    return False


def _is_gift(_place: int, product: Product) -> bool:
    return price_number(product) < _GIFT_PRICE


_PLANS: tuple[_GroupPlan, ...] = (
    _GroupPlan(
        name="Living room",
        takes=_called("armchair", "sofa", "sideboard", "coffee table", "floor lamp"),
    ),
    _GroupPlan(name="Kitchen & dining", takes=_in("kitchen")),
    _GroupPlan(
        name="Bedroom",
        takes=_called("bed frame", "bedside table", "duvet cover", "pillowcase", "fitted sheet"),
    ),
    _GroupPlan(name="Women", takes=_in("women")),
    _GroupPlan(name="Men", takes=_in("men")),
    _GroupPlan(name="Clothing", takes=_in("women", "men")),
    _GroupPlan(name="Electronics", takes=_in("electronics")),
    _GroupPlan(name="Lighting", takes=_in("lighting")),
    _GroupPlan(name="Gifts under 50", takes=_is_gift),
    _GroupPlan(name="New arrivals", takes=_called("e-reader", "tablet")),
    _GroupPlan(name="Trade customers", takes=_every(8), restrict_access=True),
    _GroupPlan(name="Staff picks", takes=_every(25), restrict_access=True),
    _GroupPlan(name="Summer 2025", takes=_called("linen shirt", "carafe"), status=False),
    _GroupPlan(name="Christmas 2026", takes=_nothing),
)
