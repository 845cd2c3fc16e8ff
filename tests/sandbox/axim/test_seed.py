"""The seed data of the Axim simulator."""

import re

from groupgate.sandbox.axim import AximSimulator

SIZES = {
    "Living room": 20,
    "Kitchen & dining": 24,
    "Bedroom": 20,
    "Women": 40,
    "Men": 24,
    "Clothing": 64,
    "Electronics": 45,
    "Lighting": 16,
    "Gifts under 50": 32,
    "New arrivals": 10,
    "Trade customers": 26,
    "Staff picks": 9,
    "Summer 2025": 9,
    "Christmas 2026": 0,
}


def test_the_seed_has_fourteen_groups(axim: AximSimulator) -> None:
    groups = axim.snapshot()["groups"]
    assert {group["name"]: len(group["products"]) for group in groups} == SIZES


def test_two_groups_are_restricted_and_one_is_inactive(axim: AximSimulator) -> None:
    groups = axim.snapshot()["groups"]
    restricted = [group["name"] for group in groups if group["restrictAccess"]]
    assert restricted == ["Trade customers", "Staff picks"]
    assert [group["name"] for group in groups if not group["status"]] == ["Summer 2025"]


def test_some_products_have_no_images_variants_or_groups(axim: AximSimulator) -> None:
    products = axim.snapshot()["products"]
    assert len(products) == 201
    assert sum(product["status"] == "inactive" for product in products) == 11
    assert sum(product["mediaGallery"] == [] for product in products) == 18
    assert sum(product["variants"] != [] for product in products) == 74
    assert sum(product["productGroups"] == [] for product in products) == 6
    assert sum(len(product["productGroups"]) > 2 for product in products) == 29


def test_ids_are_24_hex_digits_and_the_same_at_each_start(axim: AximSimulator) -> None:
    again = AximSimulator(clock=lambda: 0.0).snapshot()
    assert again == axim.snapshot()
    ids = [each["id"] for kind in again.values() for each in kind]
    assert len(set(ids)) == 215
    assert all(re.fullmatch("[0-9a-f]{24}", each) for each in ids)


def test_prices_are_strings(axim: AximSimulator) -> None:
    prices = {product["sku"]: product["price"] for product in axim.snapshot()["products"]}
    assert prices["FUR-005"] == "999"
    assert prices["FUR-009"] == "1249.5"
    assert prices["KIT-029"] == "19.9"
