"""Operations on groups, through the official SDK."""

from typing import Any

import dodopayments
import pytest
from dodopayments import AsyncDodoPayments
from dodopayments.types import ProductCollection

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import Clock

pytestmark = pytest.mark.anyio

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def _desk(sdk: AsyncDodoPayments, ids: dict[str, str]) -> ProductCollection:
    return await sdk.product_collections.retrieve(ids["Kestrel Desk"])


async def test_create_adds_the_group_last(
    sdk: AsyncDodoPayments, ids: dict[str, str], clock: Clock
) -> None:
    clock.now += 5
    created = await sdk.product_collections.groups.create(
        ids["Kestrel Desk"],
        group_name="Europe",
        products=[
            {"product_id": ids["Form builder"]},
            {"product_id": ids["Booking page"], "status": False},
        ],
    )
    assert (created.group_name, created.status) == ("Europe", True)
    items = [(each.name, each.status) for each in created.products]
    assert items == [("Form builder", True), ("Booking page", False)]
    desk = await _desk(sdk, ids)
    assert [group.group_name for group in desk.groups] == ["Gulf", "India", "East Asia", "Europe"]
    assert desk.groups[3] == created
    assert desk.updated_at.isoformat() == "2026-11-22T12:00:05+00:00"


async def test_create_accepts_an_empty_unnamed_inactive_group(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    created = await sdk.product_collections.groups.create(
        ids["Kestrel Desk"], products=[], status=False
    )
    assert (created.group_name, created.status, created.products) == (None, False, [])


async def test_create_accepts_a_second_unnamed_group(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    created = await sdk.product_collections.groups.create(
        ids["Marginalia for writers"], products=[]
    )
    assert created.group_name is None


async def test_group_names_are_unique_in_a_collection(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    taken = {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "group_name is already used in this collection",
    }
    with pytest.raises(dodopayments.UnprocessableEntityError) as creating:
        await sdk.product_collections.groups.create(
            ids["Kestrel Desk"], group_name="Gulf", products=[]
        )
    with pytest.raises(dodopayments.UnprocessableEntityError) as renaming:
        await sdk.product_collections.groups.update(
            ids["Kestrel Desk / India"], id=ids["Kestrel Desk"], group_name="Gulf", status=False
        )
    assert (creating.value.body, renaming.value.body) == (taken, taken)
    assert dodo.snapshot() == before


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "India"),
        ({"group_name": "South Asia"}, "South Asia"),
        ({"group_name": "India"}, "India"),
        ({"group_name": None}, None),
    ],
)
async def test_update_leaves_sets_or_clears_the_name(
    sdk: AsyncDodoPayments, ids: dict[str, str], change: dict[str, Any], name: str | None
) -> None:
    await sdk.product_collections.groups.update(
        ids["Kestrel Desk / India"], id=ids["Kestrel Desk"], **change
    )
    assert (await _desk(sdk, ids)).groups[1].group_name == name


async def test_clearing_a_name_beside_an_unnamed_group_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    writers = ids["Marginalia for writers"]
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.groups.update(
            ids["Marginalia for writers / Updates"], id=writers, group_name=None
        )
    assert failure.value.body == {
        "code": "INVALID_REQUEST_PARAMETERS",
        "message": "another unnamed group exists",
    }
    await sdk.product_collections.groups.update(
        ids["Marginalia for writers / None"], id=writers, group_name=None
    )


async def test_update_sets_the_status_and_ignores_null(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    gulf, desk = ids["Kestrel Desk / Gulf"], ids["Kestrel Desk"]
    await sdk.product_collections.groups.update(gulf, id=desk, status=False)
    assert (await _desk(sdk, ids)).groups[0].status is False
    await sdk.product_collections.groups.update(gulf, id=desk, status=None, product_order=None)
    assert (await _desk(sdk, ids)).groups[0].status is False


async def test_product_order_reorders_items_by_their_ids(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    wanted = [f"Desk {plan}, Gulf" for plan in ("Fleet", "Solo", "Team")]
    await sdk.product_collections.groups.update(
        ids["Kestrel Desk / Gulf"],
        id=ids["Kestrel Desk"],
        product_order=[ids[f"Kestrel Desk / Gulf / {name}"] for name in wanted],
    )
    assert [each.name for each in (await _desk(sdk, ids)).groups[0].products] == wanted


async def test_product_order_must_have_each_item_once(
    sdk: AsyncDodoPayments, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    solo, team, fleet = (
        ids[f"Kestrel Desk / Gulf / Desk {plan}, Gulf"] for plan in ("Solo", "Team", "Fleet")
    )
    for order in ([solo, team], [solo, team, team], [solo, team, fleet, UNKNOWN], []):
        with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
            await sdk.product_collections.groups.update(
                ids["Kestrel Desk / Gulf"],
                id=ids["Kestrel Desk"],
                group_name="Changed",
                product_order=order,
            )
        assert failure.value.body == {
            "code": "INVALID_REQUEST_PARAMETERS",
            "message": "product_order must name every entry exactly once",
        }
    assert dodo.snapshot() == before


async def test_product_order_with_product_ids_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.groups.update(
            ids["Kestrel Desk / Gulf"],
            id=ids["Kestrel Desk"],
            product_order=[ids["Desk Solo, Gulf"]],
        )
    assert failure.value.body == {
        "code": "INVALID_REQUEST_BODY",
        "message": "product_order[0]: expected a UUID",
    }


async def test_products_of_a_deleted_group_are_in_no_collection(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    await sdk.product_collections.groups.delete(ids["Kestrel Desk / Gulf"], id=ids["Kestrel Desk"])
    assert [group.group_name for group in (await _desk(sdk, ids)).groups] == ["India", "East Asia"]
    freed = await sdk.products.retrieve(ids["Desk Solo, Gulf"])
    assert freed.product_collection_id is None


async def test_an_empty_group_can_be_deleted(sdk: AsyncDodoPayments, ids: dict[str, str]) -> None:
    cloud = ids["Kestrel Cloud"]
    await sdk.product_collections.groups.delete(ids["Kestrel Cloud / Edge (preview)"], id=cloud)
    assert len((await sdk.product_collections.retrieve(cloud)).groups) == 3


async def test_deleting_the_last_group_with_products_returns_422(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    cloud = ids["Kestrel Cloud"]
    for name in ("Compute", "Support plans"):
        await sdk.product_collections.groups.delete(ids[f"Kestrel Cloud / {name}"], id=cloud)
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.product_collections.groups.delete(
            ids["Kestrel Cloud / Storage and transfer"], id=cloud
        )
    assert failure.value.body == {
        "code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS",
        "message": "The last product of a collection cannot be removed",
    }


@pytest.mark.parametrize("group_id", [UNKNOWN, "no-uuid", "Kestrel CRM / Monthly"])
async def test_a_group_of_another_collection_returns_404(
    sdk: AsyncDodoPayments, ids: dict[str, str], group_id: str
) -> None:
    with pytest.raises(dodopayments.NotFoundError) as failure:
        await sdk.product_collections.groups.update(
            ids.get(group_id, group_id), id=ids["Kestrel Desk"], status=False
        )
    assert failure.value.body == {
        "code": "NOT_FOUND",
        "message": "Product collection group not found",
    }


async def test_creating_a_group_in_an_archived_collection_returns_410(
    sdk: AsyncDodoPayments, ids: dict[str, str]
) -> None:
    with pytest.raises(dodopayments.APIStatusError) as failure:
        await sdk.product_collections.groups.create(ids["Kestrel CRM 2024"], products=[])
    assert failure.value.status_code == 410
    assert failure.value.body == {"code": "PRODUCT_COLLECTION_IS_DELETED", "message": ""}
