"""Plans that create collections: exact calls, and the vendor's state afterwards."""

from typing import Any

import pytest

from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Unavailable, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import Connect, FailWith
from tests.providers.dodo.seed import (
    COLLECTIONS_PATH,
    ICONS,
    INVALID,
    NOT_ALLOWED,
    UNKNOWN_PRODUCT,
    collection_record,
    new_rows,
    path_of,
)
from tests.providers.faults import BROKEN, LOST_CALL, LOST_RESPONSE, Fault, FaultyTransport
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

ICON_SHOP = CollectionChange(name="Icon shop", description="Pictures for buttons.")


async def test_a_collection_is_created_with_its_first_group_by_one_post(
    provider: Provider, simulator: DodoSimulator
) -> None:
    group = GroupChange(name="Flat", status=GroupStatus.INACTIVE)
    plan = await provider.planner.create_collection(ICON_SHOP, group, ICONS)
    assert planned_writes(plan) == [
        ("POST", COLLECTIONS_PATH, 'Create the collection "Icon shop" with 2 products.')
    ]
    assert take_calls(simulator) == []
    await run_plan(plan)
    first = {"group_name": "Flat", "status": False, **new_rows(*ICONS)}
    body = {"name": "Icon shop", "description": "Pictures for buttons.", "groups": [first]}
    assert take_calls(simulator) == [("POST", COLLECTIONS_PATH, body)]
    assert plan.result.collection is not None
    now = collection_record(simulator, plan.result.collection)
    assert (now["name"], now["description"]) == ("Icon shop", "Pictures for buttons.")
    (group_record,) = now["groups"]
    assert (group_record["name"], group_record["status"]) == ("Flat", False)
    assert [item["product_id"] for item in group_record["items"]] == [
        each.native_id for each in ICONS
    ]


async def test_a_first_group_without_fields_has_no_name(
    provider: Provider, simulator: DodoSimulator
) -> None:
    change = CollectionChange(name="Icon shop")
    await run_plan(await provider.planner.create_collection(change, GroupChange(), ICONS[:1]))
    body = {"name": "Icon shop", "groups": [new_rows(ICONS[0])]}
    assert take_calls(simulator) == [("POST", COLLECTIONS_PATH, body)]


async def test_a_collection_without_products_is_refused_without_a_call(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.create_collection(ICON_SHOP, GroupChange(), [])
    assert caught.value.refusals == (
        InvalidInput(
            message=f"{NOT_ALLOWED} Name at least one product.",
            code=UserErrorCode.BLANK,
            field=("productIds",),
        ),
    )
    assert take_calls(simulator) == []


async def test_one_read_finds_the_unknown_product_of_a_rejected_collection(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), [UNKNOWN_PRODUCT])
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (
        NotFound(message="The product does not exist.", about=UNKNOWN_PRODUCT),
    )
    assert [call[:2] for call in take_calls(simulator)] == [
        ("POST", COLLECTIONS_PATH),
        ("GET", "/products/pdt_unknown"),
    ]


async def test_a_rejected_collection_without_a_reason_is_invalid_input(
    fail_with: FailWith,
) -> None:
    provider = fail_with({"POST": [Fault(status=404)]})
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS[:1])
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (INVALID,)


@pytest.mark.parametrize(
    "fault",
    [LOST_RESPONSE, Fault(status=502, reaches_vendor=True), Fault(status=200, reaches_vendor=True)],
)
async def test_a_collection_created_without_a_response_is_found_by_its_first_product(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault
) -> None:
    provider = fail_with({"POST": [fault]})
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(name="Flat"), ICONS)
    with request_scope():
        await run_plan(plan)
    created = plan.result.collection
    assert created is not None
    assert collection_record(simulator, created)["name"] == "Icon shop"
    assert [call[:2] for call in take_calls(simulator)] == [
        ("POST", COLLECTIONS_PATH),
        ("GET", f"/products/{ICONS[0].native_id}"),
        ("GET", path_of(created)),
    ]


@pytest.mark.parametrize("fault", [LOST_CALL, BROKEN])
async def test_a_collection_not_found_after_a_lost_response_may_still_be_created(
    fail_with: FailWith, simulator: DodoSimulator, fault: Fault
) -> None:
    before = simulator.snapshot()
    provider = fail_with({"POST": [fault]})
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert (caught.value.outcome, plan.result.collection) == (WriteOutcome.UNKNOWN, None)
    assert [call[:2] for call in take_calls(simulator)] == [
        ("GET", f"/products/{ICONS[0].native_id}")
    ]
    assert simulator.snapshot() == before


async def test_a_failed_search_leaves_the_outcome_unknown(fail_with: FailWith) -> None:
    provider = fail_with({"POST": [LOST_RESPONSE], "GET": [BROKEN]})
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert (caught.value.outcome, caught.value.message) == (
        WriteOutcome.UNKNOWN,
        "Dodo Payments did not respond in time.",
    )


@pytest.mark.parametrize(
    ("change", "group", "products"),
    [
        (CollectionChange(name="Another shop"), GroupChange(), ICONS),
        (ICON_SHOP, GroupChange(name="Another group"), ICONS),
        (ICON_SHOP, GroupChange(), ICONS[:1]),
    ],
)
async def test_a_different_collection_is_not_the_new_one(
    fail_with: FailWith, change: CollectionChange, group: GroupChange, products: list[Any]
) -> None:
    provider = fail_with({"POST": [None, LOST_CALL]})
    await run_plan(await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS))
    plan = await provider.planner.create_collection(change, group, products)
    with pytest.raises(Unavailable):
        await run_plan(plan)
    assert plan.result.collection is None


async def test_an_older_collection_is_not_the_new_one(connect: Connect) -> None:
    old = DodoSimulator(rate_per_second=None, rate_per_minute=None, clock=lambda: 1_700_000_000.0)
    provider = connect(FaultyTransport(old, {"POST": [None, LOST_CALL]}, ""))
    await run_plan(await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS))
    plan = await provider.planner.create_collection(ICON_SHOP, GroupChange(), ICONS)
    with pytest.raises(Unavailable) as caught:
        await run_plan(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
