"""Builds the catalogue that each simulator starts with: 262 products in 10 groups."""

from collections.abc import Iterator
from functools import cache
from itertools import product as combinations
from typing import Any

from groupgate.sandbox.two_checkout.catalog import (
    GENERAL,
    Catalog,
    Group,
    Product,
    system_code,
)
from groupgate.sandbox.two_checkout.protocol import Json
from groupgate.sandbox.two_checkout.seed_data import (
    GROUPS,
    PRODUCT_LINES,
    SPECIAL_PRODUCTS,
    ProductLine,
)

_FIRST_ID = 4_590_000
_IMAGES = "https://images.example.com/2checkout"
_YEN_PER_DOLLAR = 150
_DISABLED_GAP = 19
"""Every nineteenth product is disabled."""
_BUNDLES = {
    "50%-off bundle": ["FSU-HOM-1Y", "BIS-3D-1Y"],
    "A+B": ["AID-PER-1Y", "BAV-1D-1Y"],
}

_DEFAULT_FIELDS: Json = {
    "ExternalReference": "",
    "ProductType": "REGULAR",
    "ProductName": "",
    "ProductVersion": "",
    "PurchaseMultipleUnits": True,
    "GiftOption": False,
    "ShortDescription": "",
    "LongDescription": "",
    "SystemRequirements": "",
    "ProductCategory": False,
    "Platforms": [],
    "ProductImages": [],
    "TrialUrl": "",
    "TrialDescription": "",
    "Tangible": False,
    "Enabled": True,
    "Fulfillment": "BY_VENDOR",
    "GeneratesSubscription": False,
    "Prices": [],
    "PricingConfigurations": [],
    "BundleProducts": [],
    "SubscriptionInformation": None,
    "FulfillmentInformation": None,
    "ShippingClass": None,
    "AdditionalFields": [],
    "Translations": [],
}
"""All fields of /products in their order, except id, code and group."""


def seed_catalog() -> Catalog:
    """Return a new catalogue with the seed data."""
    return Catalog(*_groups_and_products())


@cache  # Tests reset often, and all records are immutable.
def _groups_and_products() -> tuple[list[Group], list[Product]]:
    groups = [
        Group(name=name, code=code, template_name=template, description=description)
        for name, code, template, description in GROUPS
    ]
    codes = {group.name: group.code for group in groups}
    products = [
        product for line in PRODUCT_LINES for product in _products_of_line(line, codes[line.group])
    ]
    products += _special_products()
    return groups, [_numbered(number, product) for number, product in enumerate(products)]


def _products_of_line(line: ProductLine, group_code: str) -> Iterator[Product]:
    for program, edition, term in combinations(line.programs, line.editions, line.terms):
        code = f"{program[1]}-{edition[1]}-{term[1]}"
        fields: Json = {
            "ProductName": f"{program[0]} {edition[0]}, {term[0]}",
            "ProductVersion": "2026.2",
            "ShortDescription": f"{program[0]} for {term[0]}",
            "LongDescription": f"<p>{program[0]}, edition {edition[0]}.</p>",
            "ProductCategory": line.category,
            "ProductImages": [{"Default": True, "URL": f"{_IMAGES}/{code.lower()}.png"}],
            "GeneratesSubscription": True,
            "SubscriptionInformation": _subscription(months=term[2]),
            "PricingConfigurations": [
                _dollar_prices(code, round(edition[2] * term[3], 2))
                | {"PriceType": line.price_type}
            ],
        }
        yield _product(code, group_code, fields)


def _subscription(months: int) -> Json:
    """Return the terms of a subscription, as in the vendor's samples."""
    return {
        "DeprecatedProducts": [],
        "BundleRenewalManagement": "GLOBAL",
        "BillingCycle": str(months),
        "BillingCycleUnits": "M",
        "IsOneTimeFee": False,
        "ContractPeriod": None,
        "UsageBilling": 0,
        "GracePeriod": None,
    }


def _special_products() -> Iterator[Product]:
    for code, name, price in SPECIAL_PRODUCTS:
        fields: Json = {
            "ProductName": name,
            "ProductType": "BUNDLE" if code in _BUNDLES else "REGULAR",
            "BundleProducts": [{"ProductCode": each} for each in _BUNDLES.get(code, [])],
            "PricingConfigurations": [_dollar_prices(code, price)] if price else [],
        }
        yield _product(code, GENERAL, fields)


def _product(code: str, group_code: str, fields: Json) -> Product:
    return Product(code=code, avangate_id=0, group_code=group_code, fields=_DEFAULT_FIELDS | fields)


def _numbered(number: int, product: Product) -> Product:
    """Return the product with a numeric id, which samples show as int and as string."""
    avangate_id = _FIRST_ID + number
    prices = product.fields["PricingConfigurations"]
    if prices and number % 5 == 0:
        dollars = prices[0]["Prices"]["Regular"][0]["Amount"]
        prices = [*prices, _yen_prices(product.code, dollars)]
    is_enabled = number % _DISABLED_GAP != _DISABLED_GAP - 1
    return Product(
        code=product.code,
        avangate_id=str(avangate_id) if number % 2 else avangate_id,
        group_code=product.group_code,
        fields=product.fields | {"Enabled": is_enabled, "PricingConfigurations": prices},
    )


def _dollar_prices(code: str, amount: float) -> Json:
    regular = [_price(amount, "USD"), _price(round(amount * 0.9, 2), "EUR")]
    renewal = [_price(round(amount * 0.8, 2), "USD")]
    prices = _pricing_configuration(code, "Price Configuration", "USD", regular, renewal)
    return prices | {"Default": True}


def _yen_prices(code: str, dollars: float) -> Json:
    regular = [_price(round(dollars * _YEN_PER_DOLLAR), "JPY")]
    prices = _pricing_configuration(code, "Japan", "JPY", regular, [])
    return prices | {"BillingCountries": ["JP"], "PricingSchema": "FLAT", "PriceType": "GROSS"}


def _pricing_configuration(
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
