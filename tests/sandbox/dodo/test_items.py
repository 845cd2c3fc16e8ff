"""Operations on items, through the official SDK."""

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments
from dodopayments.types.product_collections.groups import ProductCollectionProduct

from groupgate.sandbox.dodo import DodoSimulator

pytestmark = pytest.mark.anyio

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def _gulf(sdk: AsyncDodoPayments, ids: dict[str, str]) -> list[ProductCollectionProduct]:
    desk = await sdk.product_collections.retrieve(ids["Kestrel Desk"])
    return desk.groups[0].products


async def _add(sdk: AsyncDodoPayments, ids: dict[str, str], *names: str) -> object:
    return await sdk.product_collections.groups.items.create(
        ids["Kestrel Desk / Gulf"],
        id=ids["Kestrel Desk"],
        products=[{"product_id": ids.get(name, name)} for name in names],
    )


async def test_create_adds_items_last_and_returns_only_them(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    added = await sdk.product_collections.groups.items.create(
        ids["Kestrel Desk / Gulf"],
        id=ids["Kestrel Desk"],
        products=[
            {"product_id": ids["Maps API"]},
            {"product_id": ids["Status page"], "status": False},
        ],
    )
    assert [(each.name, each.status) for each in added] == [
        ("Maps API", True),
        ("Status page", False),
    ]
    now = await _gulf(sdk, ids)
    assert now[3:] == added
    assert [each.name for each in now[:3]] == [
        "Desk Solo, Gulf",
        "Desk Team, Gulf",
        "Desk Fleet, Gulf",
    ]


async def test_an_item_has_a_summary_of_its_product(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    writers = await sdk.product_collections.retrieve(ids["Marginalia for writers"])
    assert writers.groups[0].products[3].to_dict(mode="json") == {
        "id": ids["Marginalia for writers / Desktop licences / Marginalia 4 household licence"],
        "product_id": ids["Marginalia 4 household licence"],
        "status": True,
        "name": "Marginalia 4 household licence",
        "description": "For everyone under one roof.",
        "is_recurring": False,
        "license_key_enabled": True,
        "addons_count": 0,
        "files_count": 0,
        "meters_count": 0,
        "has_credit_entitlements": False,
        "tax_category": "digital_products",
        "currency": "EUR",
        "price": 12900,
        "tax_inclusive": True,
        "price_detail": {
            "type": "one_time_price",
            "currency": "EUR",
            "price": 12900,
            "discount": 10,
            "discount_bps": 1000,
            "purchasing_power_parity": False,
            "pay_what_you_want": False,
            "suggested_price": None,
            "tax_inclusive": True,
        },
    }


async def test_item_counts_and_flat_prices_come_from_the_product(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    cloud = await sdk.product_collections.retrieve(ids["Kestrel Cloud"])
    gpu = cloud.groups[0].products[2]
    assert (gpu.name, gpu.meters_count, gpu.is_recurring, gpu.price) == (
        "GPU minutes",
        1,
        True,
        2500,
    )
    writers = await sdk.product_collections.retrieve(ids["Marginalia for writers"])
    assert [each.files_count for each in writers.groups[1].products] == [1, 0, 0]
    crm = await sdk.product_collections.retrieve(ids["Kestrel CRM"])
    assert [each.has_credit_entitlements for each in crm.groups[2].products] == [
        False,
        False,
        False,
        False,
        True,
    ]


async def test_update_sets_the_status_of_an_item(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    await sdk.product_collections.groups.items.update(
        ids["Kestrel Desk / Gulf / Desk Team, Gulf"],
        id=ids["Kestrel Desk"],
        group_id=ids["Kestrel Desk / Gulf"],
        status=False,
    )
    assert [each.status for each in await _gulf(sdk, ids)] == [True, False, True]


async def test_the_product_of_a_deleted_item_can_be_added_again(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    await sdk.product_collections.groups.items.delete(
        ids["Kestrel Desk / Gulf / Desk Team, Gulf"],
        id=ids["Kestrel Desk"],
        group_id=ids["Kestrel Desk / Gulf"],
    )
    assert [each.name for each in await _gulf(sdk, ids)] == ["Desk Solo, Gulf", "Desk Fleet, Gulf"]
    await _add(sdk, ids, "Desk Team, Gulf")
    assert (await _gulf(sdk, ids))[2].name == "Desk Team, Gulf"


async def test_adding_a_product_of_any_collection_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    for name, holder in (
        ("Desk Solo, Gulf", "Kestrel Desk"),
        ("Desk Solo, India", "Kestrel Desk"),
        ("Object storage", "Kestrel Cloud"),
        ("CRM Solo 2024", "Kestrel CRM 2024"),
    ):
        with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
            await _add(sdk, ids, "Maps API", name)
        assert failure.value.body == {
            "code": "INVALID_REQUEST_PARAMETERS",
            "message": f"Product {ids[name]} is already in collection {ids[holder]}",
        }
    assert dodo.snapshot() == before


async def test_adding_a_product_twice_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await _add(sdk, ids, "Maps API", "Maps API")
    assert failure.value.body == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": f"Product {ids['Maps API']} is named twice",
    }


async def test_adding_an_unknown_product_returns_404_and_adds_nothing(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await _add(sdk, ids, "Maps API", "pdt_000000000000000000000")
    assert failure.value.body == {"code": "NOT_FOUND", "message": "Product not found"}
    assert dodo.snapshot() == before


async def test_adding_an_archived_product_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await _add(sdk, ids, "Beta access: Edge")
    assert failure.value.body == {
        "code": "PRODUCT_IS_DELETED",
        "message": f"Product {ids['Beta access: Edge']} is archived",
    }


async def test_deleting_the_last_item_of_a_collection_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    created = await sdk.product_collections.create(
        name="Tools", groups=[{"products": [{"product_id": ids["Maps API"]}]}]
    )
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.groups.items.delete(
            created.groups[0].products[0].id, id=created.id, group_id=created.groups[0].group_id
        )
    assert failure.value.body == {
        "code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "message": "The last product of a collection cannot be removed",
    }


@pytest.mark.parametrize("item", [UNKNOWN, "Kestrel Desk / India / Desk Solo, India"])
async def test_an_item_of_another_group_returns_404(
    sdk: AsyncDodoPayments, ids: dict[str, str], item: str
) -> None:
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.product_collections.groups.items.delete(
            ids.get(item, item), id=ids["Kestrel Desk"], group_id=ids["Kestrel Desk / Gulf"]
        )
    assert failure.value.body == {
        "code": "NOT_FOUND",
        "message": "Product collection group item not found",
    }


async def test_an_archived_product_stays_in_its_active_collection(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    await sdk.products.archive(ids["Desk Team, Gulf"])
    assert [each.name for each in await _gulf(sdk, ids)] == [
        "Desk Solo, Gulf",
        "Desk Team, Gulf",
        "Desk Fleet, Gulf",
    ]
