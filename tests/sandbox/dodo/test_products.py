"""Operations on products, through the official SDK."""

from collections import Counter
from typing import Any

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.sandbox.dodo import DodoSimulator

pytestmark = pytest.mark.anyio

UNKNOWN = "pdt_000000000000000000000"


async def _count(sdk: AsyncDodoPayments, **query: Any) -> int:
    pages = [await sdk.products.list(page_number=n, page_size=100, **query) for n in (0, 1)]
    return sum(len(page.items) for page in pages)


async def test_archived_products_have_a_list_of_their_own(sdk: AsyncDodoPayments) -> None:
    assert await _count(sdk) == 180
    assert await _count(sdk, archived=False) == 180
    assert await _count(sdk, archived=True) == 5


async def test_list_items_have_a_flat_price_and_no_brand(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    page = await sdk.products.list(page_number=0, page_size=100)
    product = next(each for each in page.items if each.product_id == ids["CRM Starter, monthly"])
    assert product.to_dict(mode="json") == {
        "product_id": ids["CRM Starter, monthly"],
        "business_id": "bus_zbJL7jbytsAEu5hu3WQkg",
        "name": "CRM Starter, monthly",
        "description": "Contacts, deals and one shared inbox for up to three people.",
        "image": None,
        "created_at": "2025-01-21T02:25:00Z",
        "updated_at": "2025-03-17T02:30:00Z",
        "is_recurring": True,
        "tax_category": "saas",
        "metadata": {"family": "crm", "seats": 3, "public": True},
        "entitlements": [],
        "pricing_mode": None,
        "currency": "USD",
        "price": 1900,
        "tax_inclusive": False,
        "price_detail": {
            "type": "recurring_price",
            "currency": "USD",
            "price": 1900,
            "discount": 0,
            "discount_bps": None,
            "purchasing_power_parity": False,
            "tax_inclusive": False,
            "trial_period_days": 14,
            "payment_frequency_count": 1,
            "payment_frequency_interval": "Month",
            "subscription_period_count": 20,
            "subscription_period_interval": "Year",
        },
    }


async def test_a_product_has_the_id_of_its_collection(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    held = await sdk.products.retrieve(ids["Marginalia 4 for macOS"])
    assert held.product_collection_id == ids["Marginalia for writers"]
    assert (held.price.type, held.price.currency) == ("one_time_price", "EUR")
    assert (held.license_key_enabled, held.license_key_activations_limit) == (True, 3)
    assert [each.integration_type for each in held.entitlements] == ["license_key"]
    free = await sdk.products.retrieve(ids["Maps API"])
    assert free.product_collection_id is None


async def test_one_product_has_a_pay_what_you_want_price(sdk: AsyncDodoPayments) -> None:
    pages = [await sdk.products.list(page_number=n, page_size=100) for n in (0, 1)]
    details = [(each.name, each.price_detail) for page in pages for each in page.items]
    assert [name for name, price in details if getattr(price, "pay_what_you_want", False)] == [
        "Footnotes: a short history (e-book)"
    ]


async def test_the_catalogue_has_products_of_every_pricing_model_and_common_period(
    sdk: AsyncDodoPayments,
) -> None:
    pages = [await sdk.products.list(page_number=n, page_size=100) for n in (0, 1)]
    found = [each.price_detail for page in pages for each in page.items if each.price_detail]
    periods = Counter(
        (price.type, price.payment_frequency_count, price.payment_frequency_interval)
        for price in found
        if price.type != "one_time_price"
    )
    assert periods == {
        ("recurring_price", 1, "Month"): 24,
        ("recurring_price", 1, "Year"): 14,
        ("recurring_price", 1, "Week"): 1,
        ("recurring_price", 3, "Month"): 1,
        ("usage_based_price", 1, "Month"): 11,
    }
    trials = [price.trial_period_days for price in found if price.type == "recurring_price"]
    assert sorted(filter(None, trials)) == [14, 14, 14, 30]
    assert {price.tax_inclusive for price in found} == {True, False}


async def test_collections_and_single_reads_have_the_price_of_the_list(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    collection = await sdk.product_collections.retrieve(ids["Marginalia for writers"])
    pages = [await sdk.products.list(page_number=n, page_size=100) for n in (0, 1)]
    listed = {each.product_id: each for page in pages for each in page.items}
    members = [each for group in collection.groups for each in group.products]
    assert len(members) == 11
    for each in members:
        single = await sdk.products.retrieve(each.product_id)
        assert each.price_detail == single.price == listed[each.product_id].price_detail
        assert each.tax_inclusive == single.price.tax_inclusive


@pytest.mark.parametrize("name", ["Beta access: Edge", "CRM Duo 2024"])
async def test_an_archived_product_can_be_read_by_id(
    sdk: AsyncDodoPayments, ids: dict[str, str], name: str
) -> None:
    assert (await sdk.products.retrieve(ids[name])).name == name


async def test_archiving_an_archived_product_returns_410(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    key = ids["Maps API"]
    await sdk.products.archive(key)
    assert dodo.snapshot()["products"][key]["archived"] is True
    assert (await _count(sdk), await _count(sdk, archived=True)) == (179, 6)
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.products.archive(key)
    assert failure.value.status_code == 410
    assert failure.value.body == {"code": "PRODUCT_IS_DELETED", "message": ""}


async def test_an_unknown_product_returns_404(sdk: AsyncDodoPayments) -> None:
    for call in (sdk.products.retrieve, sdk.products.archive):
        with pytest.raises(dodopayments.NotFoundError) as failure:
            await call(UNKNOWN)
        assert failure.value.body == {"code": "NOT_FOUND", "message": "Product not found"}
