"""The prices of products: their terms at each vendor, and the calls that a pricing page costs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio

GROUPS = """
query ($key: ProviderKey!) {
  provider(key: $key) { productCollections(first: 100) { nodes {
    groups(first: 100) { nodes { id name } } } } }
}
"""

PRICING_PAGE = """
query PricingPage($id: ID!, $first: Int! = 50) {
  group(id: $id) { name products(first: $first) { nodes {
    name price { amount currencyCode } billingPeriod { count unit } trialDays } } }
}
"""

TERMS = """
  name price { amount currencyCode } pricingModel billingPeriod { count unit } trialDays
  isTaxIncluded isPayWhatYouWant minimumPrice { amount currencyCode }
  suggestedPrice { amount currencyCode }
"""

ALL_TERMS = f"""
query ($id: ID!) {{ group(id: $id) {{ products {{ nodes {{ id {TERMS} }} }} }} }}
"""

ONE_PRODUCT = f"query ($id: ID!) {{ product(id: $id) {{ id {TERMS} }} }}"

SEARCH = f"""
query ($key: ProviderKey!, $name: String!) {{
  provider(key: $key) {{ products(first: 1, search: $name) {{ nodes {{ id {TERMS} }} }} }}
}}
"""


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Open a gateway on the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


async def group_id(gateway: Gateway, key: str, name: str | None) -> str:
    """Return the id of a vendor's first group with this name; no call counts."""
    data = await gateway.data(GROUPS, key=key)
    groups = [
        group
        for collection in data["provider"]["productCollections"]["nodes"]
        for group in collection["groups"]["nodes"]
    ]
    gateway.clear_calls()
    return next(str(group["id"]) for group in groups if group["name"] == name)


async def terms_of(gateway: Gateway, group: str, name: str) -> dict[str, Any]:
    """Return the terms of a product of a group."""
    data = await gateway.data(ALL_TERMS, id=group)
    nodes: list[dict[str, Any]] = data["group"]["products"]["nodes"]
    return next(node for node in nodes if node["name"] == name)


def money(amount: str, code: str | None) -> dict[str, Any]:
    """Return an amount as the gateway does."""
    return {"amount": amount, "currencyCode": code}


def period(count: int, unit: str) -> dict[str, Any]:
    """Return a billing period as the gateway does."""
    return {"count": count, "unit": unit}


async def test_a_pricing_page_of_dodo_costs_one_call(gateway: Gateway) -> None:
    updates = await group_id(gateway, "DODO", "Updates")
    data = await gateway.data(PRICING_PAGE, id=updates)
    assert gateway.call_counts() == {"DODO": 1}
    assert data["group"] == {
        "name": "Updates",
        "products": {
            "nodes": [
                {
                    "name": "Marginalia updates for a year",
                    "price": money("29.00", "EUR"),
                    "billingPeriod": period(1, "YEAR"),
                    "trialDays": 0,
                },
                {
                    "name": "Marginalia sync",
                    "price": money("2.99", "EUR"),
                    "billingPeriod": period(1, "MONTH"),
                    "trialDays": 30,
                },
                {
                    "name": "Marginalia sync for classrooms",
                    "price": money("199.00", "EUR"),
                    "billingPeriod": period(1, "YEAR"),
                    "trialDays": 0,
                },
            ]
        },
    }


async def test_a_pricing_page_of_axim_costs_one_call(gateway: Gateway) -> None:
    """Axim returns no terms of a price."""
    lighting = await group_id(gateway, "AXIM", "Lighting")
    data = await gateway.data(PRICING_PAGE, id=lighting)
    assert gateway.call_counts() == {"AXIM": 1}
    nodes = data["group"]["products"]["nodes"]
    assert len(nodes) == 16
    assert all(node["price"] for node in nodes)
    assert {(node["billingPeriod"], node["trialDays"]) for node in nodes} == {(None, None)}


@pytest.mark.parametrize(("name", "size"), [("Éducation", 16), ("Antivirus", 60)])
async def test_a_pricing_page_of_2checkout_costs_the_group_and_a_page_of_products(
    gateway: Gateway, name: str, size: int
) -> None:
    group = await group_id(gateway, "TWO_CHECKOUT", name)
    data = await gateway.data(PRICING_PAGE, id=group, first=100)
    assert gateway.call_counts() == {"TWO_CHECKOUT": 2}
    nodes = data["group"]["products"]["nodes"]
    assert len(nodes) == size
    assert all(node["billingPeriod"]["unit"] == "MONTH" for node in nodes)
    assert {node["trialDays"] for node in nodes} == {None}


async def test_2checkout_reads_as_many_pages_as_the_group_has(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No group of the sandbox fills a page of 200, so that pages have 20 products here."""
    monkeypatch.setattr("groupgate.sandbox.two_checkout.protocol._MAX_LIMIT", 20)
    group = await group_id(gateway, "TWO_CHECKOUT", "Antivirus")
    await gateway.data(PRICING_PAGE, id=group, first=100)
    assert gateway.call_counts() == {"TWO_CHECKOUT": 1 + 3}


@pytest.mark.parametrize(
    ("key", "group", "name", "terms"),
    [
        (
            "DODO",
            "Desktop licences",
            "Marginalia 4 for macOS",
            {
                "price": money("79.00", "EUR"),
                "pricingModel": "ONE_TIME",
                "isTaxIncluded": True,
                "isPayWhatYouWant": False,
            },
        ),
        (
            "DODO",
            None,
            "Footnotes: a short history (e-book)",
            {
                "pricingModel": "ONE_TIME",
                "isTaxIncluded": False,
                "isPayWhatYouWant": True,
                "minimumPrice": money("5.00", "EUR"),
                "suggestedPrice": money("9.00", "EUR"),
            },
        ),
        (
            "DODO",
            "Monthly",
            "CRM Starter, monthly",
            {
                "price": money("19.00", "USD"),
                "pricingModel": "RECURRING",
                "billingPeriod": period(1, "MONTH"),
                "trialDays": 14,
                "isTaxIncluded": False,
            },
        ),
        (
            "DODO",
            "Compute",
            "Container hours",
            {
                "price": money("5.00", "USD"),
                "pricingModel": "USAGE_BASED",
                "billingPeriod": period(1, "MONTH"),
                "isTaxIncluded": False,
            },
        ),
        (
            "TWO_CHECKOUT",
            "Éducation",
            "Folio École Classe, 1 year",
            {
                "price": money("99.00", "USD"),
                "pricingModel": "RECURRING",
                "billingPeriod": period(12, "MONTH"),
                "isTaxIncluded": True,
            },
        ),
        (
            "TWO_CHECKOUT",
            "General",
            "Agent licence",
            {"price": money("7.00", "USD"), "pricingModel": "ONE_TIME", "isTaxIncluded": False},
        ),
    ],
)
async def test_the_terms_are_those_of_the_vendor_in_every_read(
    gateway: Gateway, key: str, group: str | None, name: str, terms: dict[str, Any]
) -> None:
    """A member of a group, a search result and a single read are the same; other terms are null."""
    unknown = dict.fromkeys(
        (
            "price",
            "pricingModel",
            "billingPeriod",
            "trialDays",
            "isTaxIncluded",
            "isPayWhatYouWant",
            "minimumPrice",
            "suggestedPrice",
        )
    )
    member = await terms_of(gateway, await group_id(gateway, key, group), name)
    assert member == {"id": member["id"], "name": name} | unknown | terms

    gateway.clear_calls()
    single = await gateway.data(ONE_PRODUCT, id=member["id"])
    assert gateway.call_counts() == {key: 1}
    assert single["product"] == member

    found = await gateway.data(SEARCH, key=key, name=name)
    assert found["provider"]["products"]["nodes"] == [member]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Newsletter sender", period(1, "WEEK")), ("Form builder", period(3, "MONTH"))],
)
async def test_periods_have_a_count_and_a_unit(
    gateway: Gateway, name: str, expected: dict[str, Any]
) -> None:
    found = await gateway.data(SEARCH, key="DODO", name=name)
    (product,) = found["provider"]["products"]["nodes"]
    assert product["billingPeriod"] == expected


PAGES = f"""
query ($key: ProviderKey!) {{
  provider(key: $key) {{ products(first: 50) {{ nodes {{ id {TERMS} }} }} }}
}}
"""


@pytest.mark.parametrize("key", ["DODO", "AXIM", "TWO_CHECKOUT"])
async def test_the_terms_of_fifty_listed_products_cost_one_call(gateway: Gateway, key: str) -> None:
    data = await gateway.data(PAGES, key=key)
    assert len(data["provider"]["products"]["nodes"]) == 50
    assert gateway.call_counts() == {key: 1}
