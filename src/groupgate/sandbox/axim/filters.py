"""The filters of GET /products, one line each in a table."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from groupgate.sandbox.asgi import Call
from groupgate.sandbox.axim.answers import invalid
from groupgate.sandbox.axim.catalog import Product
from groupgate.sandbox.axim.shapes import price_number

Test = Callable[[Product], bool]
Filter = Callable[[str], Test]

_FLAGS = {"true": True, "false": False}
_DATE_LENGTH = len("2025-01-31")


def matching(products: Iterable[Product], call: Call) -> list[Product]:
    """Return the products that pass every filter of the request; an empty filter is none."""
    tests = [_test(name, value) for name in FILTERS if (value := call.param(name))]
    return [product for product in products if all(test(product) for test in tests)]


def comma_list(text: str) -> list[str]:
    """Return the pieces of a comma-separated list."""
    return [piece.strip() for piece in text.split(",") if piece.strip()]


def _test(name: str, value: str) -> Test:
    try:
        return FILTERS[name](value)
    except ValueError:
        raise invalid(name) from None


def _among(values: Callable[[Product], Iterable[str]]) -> Filter:
    return lambda text: lambda product: not set(comma_list(text)).isdisjoint(values(product))


def _contains(field: str) -> Filter:
    return lambda text: lambda product: text.casefold() in product.fields[field].casefold()


def _flag(value: Callable[[Product], bool]) -> Filter:
    def flag(text: str) -> Test:
        if text not in _FLAGS:
            raise ValueError(text)
        return lambda product: value(product) is _FLAGS[text]

    return flag


def _at_least(text: str) -> Test:
    bound = float(text)
    return lambda product: price_number(product) >= bound


def _at_most(text: str) -> Test:
    bound = float(text)
    return lambda product: price_number(product) <= bound


def _since(moment: Callable[[Product], str]) -> Filter:
    def since(text: str) -> Test:
        bound = _parsed(text, time.min)
        return lambda product: datetime.fromisoformat(moment(product)) >= bound

    return since


def _until(moment: Callable[[Product], str]) -> Filter:
    def until(text: str) -> Test:
        bound = _parsed(text, time.max)
        return lambda product: datetime.fromisoformat(moment(product)) <= bound

    return until


def _parsed(text: str, time_of_day: time) -> datetime:
    # Both bounds are inclusive (documented), so a bare date reaches to the end of its day.
    moment = datetime.fromisoformat(text)
    if len(text) <= _DATE_LENGTH:
        moment = datetime.combine(moment, time_of_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _out_of_stock(product: Product) -> bool:
    variants: list[Any] = product.fields["variants"]
    stocks = [_stock(variant) for variant in variants] or [_stock(product.fields)]
    return not any(stocks)


def _stock(holder: Any) -> Any:
    # Clients write variants freely; one without an inventory has nothing in stock.
    inventory = holder.get("inventory") if isinstance(holder, dict) else None
    return inventory.get("stock") if isinstance(inventory, dict) else 0


FILTERS: Mapping[str, Filter] = {
    "entityId": _among(lambda product: [product.id]),
    "sku:in": _among(lambda product: [product.fields["sku"]]),
    "status": _among(lambda product: [product.fields["status"]]),
    "name": _contains("name"),
    "sku": _contains("sku"),
    "isFeatured": _flag(lambda product: product.fields["isFeatured"]),
    "isFreeShipping": _flag(lambda product: product.fields["isFreeShipping"]),
    "minPrice": _at_least,
    "maxPrice": _at_most,
    "date_created:min": _since(lambda product: product.created_at),
    "date_created:max": _until(lambda product: product.created_at),
    "date_modified:min": _since(lambda product: product.updated_at),
    "date_modified:max": _until(lambda product: product.updated_at),
    "categories": _among(lambda product: product.fields["categories"]),
    "outOfStock": _flag(_out_of_stock),
}
"""By parameter: what makes a test of its value; it raises ValueError when the value is wrong."""
