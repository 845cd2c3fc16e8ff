"""The software vendor that every simulator starts with: 262 products in 10 groups."""

from collections.abc import Iterator
from functools import cache
from itertools import product as combinations
from typing import Any

from groupgate.sandbox.two_checkout.assortment import GROUPS, LINES, ODD_PRODUCTS, Line
from groupgate.sandbox.two_checkout.catalog import (
    GENERAL,
    Catalog,
    Group,
    Json,
    Product,
    system_code,
)
from groupgate.sandbox.two_checkout.fields import DEFAULTS

_FIRST_ID = 4_590_000
_PICTURES = "https://images.example.com/2checkout"
_YEN_PER_DOLLAR = 150
_BUNDLES = {
    "50%-off bundle": ["FSU-HOM-1Y", "BIS-3D-1Y"],
    "A+B": ["AID-PER-1Y", "BAV-1D-1Y"],
}


def seed_catalog() -> Catalog:
    """Return the catalogue of a vendor."""
    return Catalog(*_vendor())


@cache  # Tests reset often, and nothing in it can be changed.
def _vendor() -> tuple[list[Group], list[Product]]:
    groups = [
        Group(name=name, code=code, template_name=template, description=description)
        for name, code, template, description in GROUPS
    ]
    codes = {group.name: group.code for group in groups}
    made = [_made(line, codes[line.group]) for line in LINES]
    drafts = [draft for line in made for draft in line] + list(_odd())
    return groups, [_numbered(number, draft) for number, draft in enumerate(drafts)]


def _made(line: Line, group_code: str) -> Iterator[Product]:
    for program, edition, term in combinations(line.programs, line.editions, line.terms):
        code = f"{program[1]}-{edition[1]}-{term[1]}"
        fields: Json = {
            "ProductName": f"{program[0]} {edition[0]}, {term[0]}",
            "ProductVersion": "2026.2",
            "ShortDescription": f"{program[0]} for {term[0]}",
            "LongDescription": f"<p>{program[0]}, edition {edition[0]}.</p>",
            "ProductCategory": line.category,
            "ProductImages": [{"Default": True, "URL": f"{_PICTURES}/{code.lower()}.png"}],
            "GeneratesSubscription": True,
            "SubscriptionInformation": {"BillingCycle": str(term[2]), "BillingCycleUnits": "M"},
            "PricingConfigurations": [_dollars(code, round(edition[2] * term[3], 2))],
        }
        yield _draft(code, group_code, fields)


def _odd() -> Iterator[Product]:
    for code, name, price in ODD_PRODUCTS:
        fields: Json = {
            "ProductName": name,
            "ProductType": "BUNDLE" if code in _BUNDLES else "REGULAR",
            "BundleProducts": [{"ProductCode": each} for each in _BUNDLES.get(code, [])],
            "PricingConfigurations": [_dollars(code, price)] if price else [],
        }
        yield _draft(code, GENERAL, fields)


def _draft(code: str, group_code: str, fields: Json) -> Product:
    fields = {**DEFAULTS, "Enabled": True, "Fulfillment": "BY_VENDOR", **fields}
    return Product(code=code, avangate_id=0, group_code=group_code, fields=fields)


def _numbered(number: int, draft: Product) -> Product:
    """Vary what differs between real products; the numeric id is printed both ways."""
    avangate_id = _FIRST_ID + number
    prices = draft.fields["PricingConfigurations"]
    if prices and number % 5 == 0:
        prices = [*prices, _yen(draft.code, prices[0]["Prices"]["Regular"][0]["Amount"])]
    changed = {"Enabled": not _is_nth(19, number), "PricingConfigurations": prices}
    return Product(
        code=draft.code,
        avangate_id=str(avangate_id) if number % 2 else avangate_id,
        group_code=draft.group_code,
        fields=draft.fields | changed,
        review_status="Pending" if _is_nth(23, number) else "Passed",
        shows_group=draft.shows_group,
    )


def _is_nth(step: int, number: int) -> bool:
    return number % step == step - 1


def _dollars(code: str, amount: float) -> Json:
    regular = [_price(amount, "USD"), _price(round(amount * 0.9, 2), "EUR")]
    renewal = [_price(round(amount * 0.8, 2), "USD")]
    return _configuration(code, "Price Configuration", "USD", regular, renewal) | {"Default": True}


def _yen(code: str, dollars: float) -> Json:
    regular = [_price(round(dollars * _YEN_PER_DOLLAR), "JPY")]
    japan = _configuration(code, "Japan", "JPY", regular, [])
    return japan | {"BillingCountries": ["JP"], "PricingSchema": "FLAT", "PriceType": "GROSS"}


def _configuration(
    code: str, name: str, currency: str, regular: list[Json], renewal: list[Json]
) -> dict[str, Any]:
    return {
        "Name": f"{code} | {name}",
        "Code": system_code(f"price {code} {name}"),
        "Default": False,
        "BillingCountries": [],
        "PricingSchema": "DYNAMIC",
        "PriceType": "NET",
        "DefaultCurrency": currency,
        "Prices": {"Regular": regular, "Renewal": renewal},
        "PriceOptions": [],
    }


def _price(amount: float, currency: str) -> Json:
    return {
        "Amount": amount,
        "Currency": currency,
        "MinQuantity": "1",
        "MaxQuantity": "99999",
        "OptionCodes": [],
    }
