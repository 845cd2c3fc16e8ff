"""Operations on collections, through the official SDK."""

from typing import Any

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import Clock

pytestmark = pytest.mark.anyio

UNKNOWN = "pdc_000000000000000000000"


async def _names(sdk: AsyncDodoPayments, **query: Any) -> list[str]:
    page = await sdk.product_collections.list(page_size=100, **query)
    return [each.name for each in page.items]


async def test_list_returns_collections_oldest_first_without_archived_ones(
    sdk: AsyncDodoPayments,
) -> None:
    active = [
        "Kestrel CRM",
        "Kestrel Cloud",
        "Marginalia for writers",
        "Kestrel Academy",
        "Kestrel Desk",
    ]
    assert await _names(sdk) == active
    assert await _names(sdk, archived=False) == active
    assert await _names(sdk, archived=True) == ["Kestrel CRM 2024"]


async def test_list_items_have_no_groups(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    first = (await sdk.product_collections.list(page_size=1)).items[0]
    assert first.to_dict(mode="json") == {
        "id": ids["Kestrel CRM"],
        "name": "Kestrel CRM",
        "description": "Plans and extras for teams that sell.",
        "image": first.image,
        "products_count": 16,
        "created_at": "2025-02-03T09:12:41Z",
        "updated_at": "2026-09-18T14:05:22Z",
    }


async def test_a_collection_has_its_groups_and_products(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    academy = await sdk.product_collections.retrieve(ids["Kestrel Academy"])
    assert [(group.group_name, len(group.products)) for group in academy.groups] == [
        ("United States", 20),
        ("Deutschland", 20),
        ("日本", 20),
        ("Kuwait", 20),
        ("Brasil", 20),
    ]
    first = [group.products[0] for group in academy.groups]
    assert [(each.price, each.currency) for each in first] == [
        (9900, "USD"),
        (9900, "EUR"),
        (14850, "JPY"),
        (29700, "KWD"),
        (49500, "BRL"),
    ]


async def test_an_archived_collection_can_be_read_by_id(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    old = await sdk.product_collections.retrieve(ids["Kestrel CRM 2024"])
    assert (old.name, len(old.groups)) == ("Kestrel CRM 2024", 2)


async def test_an_unknown_collection_returns_404(sdk: AsyncDodoPayments) -> None:
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.product_collections.retrieve(UNKNOWN)
    assert failure.value.body == {"code": "NOT_FOUND", "message": "Product collection not found"}


async def test_create_returns_the_collection_with_its_groups(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    created = await sdk.product_collections.create(
        name="Tools",
        description="Small things",
        groups=[
            {
                "group_name": "Monthly",
                "products": [
                    {"product_id": ids["Status page"]},
                    {"product_id": ids["Short links"], "status": False},
                ],
            },
            {"group_name": "Later", "products": [], "status": False},
        ],
    )
    assert created.id.startswith("pdc_")
    assert created.created_at.isoformat() == "2026-11-22T12:00:00+00:00"
    assert created.updated_at == created.created_at
    assert (created.name, created.description, created.image) == ("Tools", "Small things", None)
    assert (created.on_payment_failure, created.effective_at_on_upgrade) == (None, None)
    assert created.brand_id == (await sdk.products.list()).items[0].business_id
    assert [(group.group_name, group.status) for group in created.groups] == [
        ("Monthly", True),
        ("Later", False),
    ]
    items = [(each.product_id, each.status) for each in created.groups[0].products]
    assert items == [(ids["Status page"], True), (ids["Short links"], False)]
    assert dodo.snapshot()["products"][ids["Status page"]]["collection_id"] == created.id
    assert await sdk.product_collections.retrieve(created.id) == created


async def test_create_accepts_several_unnamed_groups(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    created = await sdk.product_collections.create(
        name="Tools",
        groups=[
            {"products": [{"product_id": ids["Status page"]}]},
            {"products": [], "group_name": None},
        ],
    )
    assert [group.group_name for group in created.groups] == [None, None]


async def test_create_without_products_returns_422(
    sdk: AsyncDodoPayments, dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.create(name="Empty", groups=[{"products": []}])
    assert failure.value.body == {
        "code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "message": "The last product of a collection cannot be removed",
    }
    assert dodo.snapshot() == before


async def test_update_sets_and_clears_the_fields_in_the_body(
    sdk: AsyncDodoPayments, ids: dict[str, str], clock: Clock
) -> None:
    crm = ids["Kestrel CRM"]
    before = await sdk.product_collections.retrieve(crm)
    clock.now += 60
    await sdk.product_collections.update(crm, name="CRM", description=None)
    changed = await sdk.product_collections.retrieve(crm)
    assert (changed.name, changed.description) == ("CRM", None)
    assert (changed.image, changed.groups) == (before.image, before.groups)
    assert changed.effective_at_on_downgrade == "next_billing_date"
    assert changed.updated_at.isoformat() == "2026-11-22T12:01:00+00:00"
    await sdk.product_collections.update(crm, name=None)
    assert (await sdk.product_collections.retrieve(crm)).name == "CRM"


async def test_group_order_reorders_the_groups(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    desk = ids["Kestrel Desk"]
    wanted = ["East Asia", "Gulf", "India"]
    await sdk.product_collections.update(
        desk, group_order=[ids[f"Kestrel Desk / {name}"] for name in wanted]
    )
    shown = await sdk.product_collections.retrieve(desk)
    assert [group.group_name for group in shown.groups] == wanted


@pytest.mark.parametrize(
    "order",
    [
        ["Gulf", "India"],
        ["Gulf", "India", "India"],
        ["Gulf", "India", "East Asia", "East Asia"],
        [],
    ],
)
async def test_group_order_must_have_each_group_once(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator, order: list[str]
) -> None:
    before = dodo.snapshot()
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.update(
            ids["Kestrel Desk"],
            name="Changed",
            group_order=[ids[f"Kestrel Desk / {name}"] for name in order],
        )
    assert failure.value.body == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "group_order must name every entry exactly once",
    }
    assert dodo.snapshot() == before


async def test_archiving_an_archived_collection_returns_410(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    desk = ids["Kestrel Desk"]
    await sdk.product_collections.delete(desk)
    assert "Kestrel Desk" in await _names(sdk, archived=True)
    assert "Kestrel Desk" not in await _names(sdk)
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.product_collections.delete(desk)
    assert failure.value.status_code == 410
    assert failure.value.body == {"code": "PRODUCT_COLLECTION_IS_DELETED", "message": ""}


async def test_unarchive_drops_archived_products(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    old = ids["Kestrel CRM 2024"]
    restored = await sdk.product_collections.unarchive(old)
    excluded = [ids["CRM Duo 2024"], ids["CRM Duo 2024, yearly"]]
    assert (restored.collection_id, restored.excluded_product_ids) == (old, excluded)
    assert "Kestrel CRM 2024" in await _names(sdk)
    groups = dodo.snapshot()["collections"][old]["groups"]
    assert [len(group["items"]) for group in groups] == [2, 1]


async def test_unarchive_of_a_collection_with_only_archived_products_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    for name in ("CRM Solo 2024", "CRM Crew 2024", "CRM Solo 2024, yearly"):
        await sdk.products.archive(ids[name])
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.unarchive(ids["Kestrel CRM 2024"])
    assert isinstance(failure.value.body, dict)
    assert failure.value.body["code"] == "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS"
    assert await _names(sdk, archived=True) == ["Kestrel CRM 2024"]


async def test_unarchive_of_an_active_collection_changes_nothing(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    restored = await sdk.product_collections.unarchive(ids["Kestrel Desk"])
    assert restored.excluded_product_ids == []
    assert dodo.snapshot() == before


async def test_updating_an_archived_collection_returns_410(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.product_collections.update(ids["Kestrel CRM 2024"], name="Again")
    assert failure.value.status_code == 410
