"""The parameters of GET /products/: filters, each one line in a table, and pages."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from groupgate.sandbox.asgi import Call
from groupgate.sandbox.two_checkout.answers import invalid
from groupgate.sandbox.two_checkout.catalog import Catalog, Product

Test = Callable[[Product], bool]

_TYPES = {"REGULAR", "BUNDLE"}
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_REVIEW_STATUSES = {"Does not exist", "Pending", "In Review", "Passed", "Rejected"}
_DEFAULT_LIMIT = 10
_TOP_LIMIT = 200
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which page is asked for, counted from 1, and how long a page is."""

    number: int
    limit: int

    def of(self, products: Sequence[Product]) -> Sequence[Product]:
        """Return the products on this page; none when there are not so many."""
        start = (self.number - 1) * self.limit
        return products[start : start + self.limit]


def asked_page(call: Call) -> Page:
    """Return the page a request asks for; a limit above the top is cut down to it (assumed)."""
    limit = min(_positive(call, "Limit", _DEFAULT_LIMIT), _TOP_LIMIT)
    return Page(number=_positive(call, "Page", 1), limit=limit)


def matching(catalog: Catalog, call: Call) -> list[Product]:
    """Return the products that pass every filter; parameters not in the table are ignored."""
    products: Iterable[Product] = catalog.products.values()
    for name, made in _FILTERS.items():
        values = _values(call, name)
        if values:
            products = filter(made(catalog, values), products)
    return list(products)


def _values(call: Call, name: str) -> list[str]:
    # Arrays come as one word, as the same key again, or as PHP writes them: Types[]=REGULAR.
    return [value for key, value in call.query if key in {name, f"{name}[]"} and value]


def _positive(call: Call, name: str, default: int) -> int:
    text = call.param(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text)):
        raise invalid(name)
    return int(text)


def _by_name(_: Catalog, values: list[str]) -> Test:
    wanted = values[-1].casefold()
    return lambda product: wanted in product.fields["ProductName"].casefold()


def _by_type(_: Catalog, values: list[str]) -> Test:
    wanted = {piece for value in values for piece in value.split(",")}
    if not wanted <= _TYPES:
        raise invalid("Types")
    return lambda product: product.fields["ProductType"] in wanted


def _by_enabled(_: Catalog, values: list[str]) -> Test:
    if values[-1] not in _FLAGS:
        raise invalid("Enabled")
    return lambda product: product.fields["Enabled"] is _FLAGS[values[-1]]


def _by_review_status(_: Catalog, values: list[str]) -> Test:
    if values[-1] not in _REVIEW_STATUSES:
        raise invalid("ReviewStatus")
    return lambda product: product.review_status == values[-1]


def _by_group_name(catalog: Catalog, values: list[str]) -> Test:
    # The name, not the code (documented); exact, and unknown names find nothing (assumed).
    return lambda product: catalog.groups[product.group_code].name == values[-1]


_FILTERS: Mapping[str, Callable[[Catalog, list[str]], Test]] = {
    "Name": _by_name,
    "Types": _by_type,
    "Enabled": _by_enabled,
    "ReviewStatus": _by_review_status,
    "GroupName": _by_group_name,
}
