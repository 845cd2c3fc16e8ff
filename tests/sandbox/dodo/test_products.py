"""Products through the official SDK."""

from typing import Any

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments
from dodopayments.types.price_param import RecurringPrice

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import Clock

pytestmark = pytest.mark.anyio

UNKNOWN = "pdt_000000000000000000000"


async def _count(sdk: AsyncDodoPayments, **query: Any) -> int:
    pages = [await sdk.products.list(page_number=n, page_size=100, **query) for n in (0, 1)]
    return sum(len(page.items) for page in pages)


def _monthly(price: int) -> RecurringPrice:
    return {
        "type": "recurring_price",
        "currency": "EUR",
        "price": price,
        "payment_frequency_count": 1,
        "payment_frequency_interval": "Month",
        "subscription_period_count": 20,
        "subscription_period_interval": "Year",
    }


async def test_lists_are_narrowed_by_state_kind_and_brand(sdk: AsyncDodoPayments) -> None:
    brands = {brand.name: brand.brand_id for brand in (await sdk.brands.list()).items}
    assert await _count(sdk) == 180
    assert await _count(sdk, archived=False) == 180
    assert await _count(sdk, archived=True) == 5
    assert await _count(sdk, recurring=True) == 51
    assert await _count(sdk, recurring=False) == 129
    assert await _count(sdk, brand_id=brands["Marginalia"]) == 11
    assert await _count(sdk, brand_id=brands["Marginalia"], recurring=True) == 3
    assert await _count(sdk, locale="fr") == 180


async def test_the_list_has_a_flat_price_and_no_brand(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    page = await sdk.products.list(page_number=0, page_size=100)
    product = next(each for each in page.items if each.product_id == ids["CRM Starter, monthly"])
    assert product.to_dict(mode="json") == {
        "product_id": ids["CRM Starter, monthly"],
        "business_id": (await sdk.brands.list()).items[0].business_id,
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


async def test_one_product_names_the_collection_that_holds_it(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    held = await sdk.products.retrieve(ids["Marginalia 4 for macOS"], locale="fr")
    assert held.product_collection_id == ids["Marginalia for writers"]
    assert (held.price.type, held.price.currency) == ("one_time_price", "EUR")
    assert (held.license_key_enabled, held.license_key_activations_limit) == (True, 3)
    assert [each.integration_type for each in held.entitlements] == ["license_key"]
    free = await sdk.products.retrieve(ids["Maps API"])
    assert free.product_collection_id is None


async def test_exactly_one_product_is_paid_at_will(sdk: AsyncDodoPayments) -> None:
    pages = [await sdk.products.list(page_number=n, page_size=100) for n in (0, 1)]
    details = [(each.name, each.price_detail) for page in pages for each in page.items]
    assert [name for name, price in details if getattr(price, "pay_what_you_want", False)] == [
        "Footnotes: a short history (e-book)"
    ]


@pytest.mark.parametrize("name", ["Beta access: Edge", "CRM Duo 2024"])
async def test_an_archived_product_is_still_read_by_id(
    sdk: AsyncDodoPayments, ids: dict[str, str], name: str
) -> None:
    assert (await sdk.products.retrieve(ids[name])).name == name


async def test_a_product_is_created_with_defaults(sdk: AsyncDodoPayments) -> None:
    made = await sdk.products.create(
        name="Handbook",
        price={"type": "one_time_price", "currency": "JPY", "price": 1200},
        tax_category="e_book",
    )
    assert made.product_id.startswith("pdt_")
    assert made.brand_id == made.business_id
    assert (made.name, made.description, made.image) == ("Handbook", None, None)
    assert (made.metadata, made.entitlements, made.credit_entitlements) == ({}, [], [])
    assert (made.is_recurring, made.license_key_enabled) == (False, False)
    assert (made.price.discount, made.price.purchasing_power_parity) == (0, False)
    assert made.created_at.isoformat() == "2026-11-22T12:00:00+00:00"
    assert await sdk.products.retrieve(made.product_id) == made
    assert await _count(sdk) == 181


async def test_a_product_is_created_with_everything(sdk: AsyncDodoPayments) -> None:
    marginalia = (await sdk.brands.list()).items[1].brand_id
    granting = await sdk.products.list(page_size=100)
    sample = next(each for each in granting.items if each.name == "CRM assistant credits")
    credit = (await sdk.products.retrieve(sample.product_id)).credit_entitlements[0]
    licensed = next(each for each in granting.items if each.name == "Marginalia 4 for macOS")
    made = await sdk.products.create(
        name="Everything",
        description="All at once",
        brand_id=marginalia,
        tax_category="saas",
        addons=["adn_1"],
        metadata={"seats": 2, "beta": False, "sku": "E-1"},
        pricing_mode="by_currency",
        price={
            "type": "usage_based_price",
            "currency": "KWD",
            "fixed_price": 1500,
            "payment_frequency_count": 1,
            "payment_frequency_interval": "Month",
            "subscription_period_count": 20,
            "subscription_period_interval": "Year",
            "meters": [{"meter_id": "mtr_1", "price_per_unit": "0.5"}],
        },
        license_key_enabled=True,
        license_key_activation_message="Hello",
        license_key_activations_limit=2,
        license_key_duration={"count": 1, "interval": "Year"},
        digital_product_delivery={"external_url": "https://kestrel-works.example"},
        credit_entitlements=[
            {"credit_entitlement_id": credit.credit_entitlement_id, "credits_amount": "5"}
        ],
        entitlements=[{"entitlement_id": licensed.entitlements[0].id}],
    )
    assert (made.brand_id, made.addons, made.pricing_mode) == (
        marginalia,
        ["adn_1"],
        "by_currency",
    )
    assert made.metadata == {"seats": 2, "beta": False, "sku": "E-1"}
    assert (made.price.type, made.is_recurring) == ("usage_based_price", True)
    assert made.license_key_duration is not None
    assert made.license_key_duration.interval == "Year"
    assert made.digital_product_delivery is not None
    assert made.digital_product_delivery.external_url == "https://kestrel-works.example"
    assert made.credit_entitlements[0].credit_entitlement_name == "Assistant credits"
    assert made.entitlements == licensed.entitlements


async def test_fields_of_a_product_are_set_and_null_leaves_them(
    sdk: AsyncDodoPayments, ids: dict[str, str], clock: Clock
) -> None:
    clock.now += 1
    key = ids["Form builder"]
    before = await sdk.products.retrieve(key)
    await sdk.products.update(
        key,
        name="Forms",
        description="Ask anything",
        metadata={"family": "tools"},
        pricing_mode="by_country",
        image_id="6f9619ff-8b86-4011-b42d-00c04fc964ff",
        price=_monthly(1300),
    )
    await sdk.products.update(key, name=None, description=None, metadata=None, price=None)
    after = await sdk.products.retrieve(key)
    assert (after.name, after.description, after.metadata) == (
        "Forms",
        "Ask anything",
        {"family": "tools"},
    )
    assert after.price.to_dict() == {**before.price.to_dict(), "price": 1300}
    assert after.image == "https://images.dodo.example/6f9619ff-8b86-4011-b42d-00c04fc964ff.png"
    assert after.pricing_mode == "by_country"
    assert after.updated_at.isoformat() == "2026-11-22T12:00:01+00:00"
    assert after.created_at == before.created_at
    await sdk.products.update(key, pricing_mode=None)
    assert (await sdk.products.retrieve(key)).pricing_mode is None


async def test_lists_of_a_product_are_replaced(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    key = ids["Marginalia 4 for macOS"]
    await sdk.products.update(key, entitlements=[], addons=["adn_1", "adn_2"])
    after = await sdk.products.retrieve(key)
    assert (after.entitlements, after.addons) == ([], ["adn_1", "adn_2"])


async def test_a_product_keeps_its_pricing_model(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.products.update(
            ids["Form builder"], price={"type": "one_time_price", "currency": "EUR", "price": 1}
        )
    assert failure.value.body == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "The pricing model of a product cannot be changed",
    }


async def test_archiving_and_unarchiving(
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
    await sdk.products.unarchive(key)
    await sdk.products.unarchive(key)
    assert (await _count(sdk), await _count(sdk, archived=True)) == (180, 5)


async def test_an_unknown_product_is_404(sdk: AsyncDodoPayments) -> None:
    products = sdk.products
    for call in (products.retrieve, products.update, products.archive, products.unarchive):
        with pytest.raises(dodopayments.NotFoundError) as failure:
            await call(UNKNOWN)
        assert failure.value.body == {"code": "NOT_FOUND", "message": "Product not found"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entitlements": [{"entitlement_id": "ent_x"}]}, "Entitlement not found"),
        (
            {"credit_entitlements": [{"credit_entitlement_id": "x", "credits_amount": "1"}]},
            "Credit entitlement not found",
        ),
        ({"brand_id": "brnd_x"}, "Brand not found"),
    ],
)
async def test_what_a_product_refers_to_must_exist(
    sdk: AsyncDodoPayments, ids: dict[str, str], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.products.update(ids["Maps API"], name="Changed", **change)
    assert failure.value.body == {"code": "NOT_FOUND", "message": message}
    assert (await sdk.products.retrieve(ids["Maps API"])).name == "Maps API"
