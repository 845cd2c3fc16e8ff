"""The seed data of the 2Checkout simulator."""

import re
from collections import Counter
from urllib.parse import quote

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator

SIZES = {
    "General": 10,
    "Antivirus": 60,
    "Office": 48,
    "Developer tools": 54,
    "Backup & Recovery": 24,
    "VPN": 18,
    "R&D + QA / 50%": 12,
    "Éducation": 16,
    "Utilities": 20,
    "Legacy": 0,
}


def test_the_seed_has_ten_groups(two_checkout: TwoCheckoutSimulator) -> None:
    groups = two_checkout.snapshot()["groups"]
    assert {group["Name"]: len(group["products"]) for group in groups} == SIZES


def test_group_codes_are_ten_hex_digits_and_two_are_valid_numbers(
    two_checkout: TwoCheckoutSimulator,
) -> None:
    codes = [group["Code"] for group in two_checkout.snapshot()["groups"]]
    assert all(re.fullmatch("[0-9A-F]{10}", code) for code in codes)
    numbers = [code for code in codes if re.fullmatch(r"\d+(E\d+)?", code)]
    assert numbers == ["0012345678", "12E4567890"]


def test_products_have_the_type_variations_of_the_vendors_samples(
    two_checkout: TwoCheckoutSimulator,
) -> None:
    products = two_checkout.snapshot()["products"]
    configurations = [product["PricingConfigurations"] for product in products]
    assert len({product["ProductCode"] for product in products}) == 262
    assert sum(isinstance(product["AvangateId"], str) for product in products) == 131
    assert sum(product["ProductCategory"] is False for product in products) == 22
    assert sum(product["Enabled"] for product in products) == 249
    assert [len(each) for each in configurations].count(2) == 53
    assert [len(each) for each in configurations].count(0) == 1
    currencies = {
        price["Currency"]
        for each in configurations
        for configuration in each
        for price in configuration["Prices"]["Regular"]
    }
    assert currencies == {"USD", "EUR", "JPY"}


def test_products_are_sold_once_or_by_month_year_or_two_years(
    two_checkout: TwoCheckoutSimulator,
) -> None:
    products = two_checkout.snapshot()["products"]
    terms = [product["SubscriptionInformation"] for product in products]
    cycles = Counter(each and (each["BillingCycle"], each["BillingCycleUnits"]) for each in terms)
    assert cycles == {("1", "M"): 72, ("12", "M"): 90, ("24", "M"): 90, None: 10}
    assert all(
        product["GeneratesSubscription"] == bool(each)
        for product, each in zip(products, terms, strict=True)
    )
    gross = {
        product["ProductGroup"]["Name"]
        for product in products
        for each in product["PricingConfigurations"]
        if each["Default"] and each["PriceType"] == "GROSS"
    }
    assert gross == {"Éducation"}


def test_one_product_hides_its_group(two_checkout: TwoCheckoutSimulator) -> None:
    products = two_checkout.snapshot()["products"]
    hidden = [each["ProductCode"] for each in products if each["ProductGroup"] is None]
    assert hidden == ["PTR-TEA-1Y"]


def test_some_codes_need_encoding_in_a_url(two_checkout: TwoCheckoutSimulator) -> None:
    codes = [product["ProductCode"] for product in two_checkout.snapshot()["products"]]
    assert [code for code in codes if quote(code, safe="") != code] == [
        "my product 1",
        "C/C++ Toolkit",
        "50%-off bundle",
        "A+B",
        "büro-suite 2026",
        "日本語入力",
        "what?#1",
        "semi;colon,comma&x=1",
    ]


def test_the_seed_is_the_same_at_each_start(two_checkout: TwoCheckoutSimulator) -> None:
    assert TwoCheckoutSimulator(hides_group_of=["PTR-TEA-1Y"]).snapshot() == two_checkout.snapshot()
