"""Plans for groups: exact calls, and the vendor's state afterwards."""

from typing import Any

import pytest

from groupgate.domain.catalog import GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef
from groupgate.domain.refusals import Conflict, NotFound, UserErrorCode
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    ADD_ONS,
    CRM,
    EDGE,
    INVALID,
    MONTHLY,
    NOT_ACCEPTED,
    UNKNOWN_GROUP,
    YEARLY,
    create_icon_shop,
    group,
    group_record,
    group_ref,
    members,
    name_taken,
    path_of,
)
from tests.providers.faults import BROKEN, Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

WRITERS_UNNAMED = group("Marginalia for writers", "None")
UPDATES = group("Marginalia for writers", "Updates")
UNKNOWN = "The group does not exist."
UNKNOWN_OR_ARCHIVED = "The group does not exist, or is archived."


@pytest.mark.parametrize(
    ("change", "body", "description"),
    [
        (GroupChange(name="Each month"), {"group_name": "Each month"}, "name"),
        (GroupChange(name=None), {"group_name": None}, "name"),
        (GroupChange(status=GroupStatus.INACTIVE), {"status": False}, "status"),
        (
            GroupChange(name="Each month", status=GroupStatus.ACTIVE),
            {"group_name": "Each month", "status": True},
            "name and status",
        ),
    ],
)
async def test_a_group_is_changed_by_one_patch_of_the_given_fields(
    provider: Provider,
    simulator: DodoSimulator,
    change: GroupChange,
    body: dict[str, Any],
    description: str,
) -> None:
    plan = await provider.planner.update_group(MONTHLY, change)
    described = f"Change the {description} of the group {MONTHLY.native_id}."
    assert planned_writes(plan) == [("PATCH", path_of(MONTHLY), described)]
    await run_plan(plan)
    assert take_calls(simulator) == [("PATCH", path_of(MONTHLY), body)]
    now = group_record(simulator, MONTHLY)
    assert now["name"] == body.get("group_name", "Monthly")
    assert now["status"] is body.get("status", True)


@pytest.mark.parametrize(
    ("ref", "name", "conflicting_ref"),
    [(MONTHLY, "Yearly", YEARLY), (UPDATES, None, WRITERS_UNNAMED)],
)
async def test_one_read_finds_the_group_that_has_the_name(
    provider: Provider,
    simulator: DodoSimulator,
    ref: GroupRef,
    name: str | None,
    conflicting_ref: GroupRef,
) -> None:
    before = simulator.snapshot()
    plan = await provider.planner.update_group(ref, GroupChange(name=name))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (name_taken(conflicting_ref, name),)
    assert [call[:2] for call in take_calls(simulator)] == [
        ("PATCH", path_of(ref)),
        ("GET", path_of(ref.collection)),
    ]
    assert simulator.snapshot() == before


@pytest.mark.parametrize(
    ("change", "gets", "read"),
    [
        (GroupChange(name="Monthly"), [], 1),
        (GroupChange(name="Yearly"), [BROKEN], 0),
        (GroupChange(status=GroupStatus.ACTIVE), [], 0),
    ],
)
async def test_a_rejected_change_without_a_reason_is_invalid_input(
    fail_with: FailWith,
    simulator: DodoSimulator,
    change: GroupChange,
    gets: list[Fault | None],
    read: int,
) -> None:
    provider = fail_with({"PATCH": [NOT_ACCEPTED], "GET": gets})
    plan = await provider.planner.update_group(MONTHLY, change)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (INVALID,)
    assert len(take_calls(simulator)) == read


@pytest.mark.parametrize("ref", [UNKNOWN_GROUP, group("Kestrel CRM 2024", "Monthly")])
async def test_an_unknown_or_archived_group_cannot_be_changed(
    provider: Provider, simulator: DodoSimulator, ref: GroupRef
) -> None:
    plan = await provider.planner.update_group(ref, GroupChange(name="New"))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (NotFound(message=UNKNOWN_OR_ARCHIVED, about=ref),)
    assert [method for method, _, _ in take_calls(simulator)] == ["PATCH"]


@pytest.mark.parametrize(
    "ref", [group_ref(CRM.native_id, ".."), group_ref("..", "x"), group_ref(None, "x")]
)
async def test_an_id_that_no_path_can_contain_is_refused_without_a_call(
    provider: Provider, simulator: DodoSimulator, ref: GroupRef
) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.update_group(ref, GroupChange(name="New"))
    assert caught.value.refusals == (NotFound(message=UNKNOWN, about=ref),)
    assert take_calls(simulator) == []


async def test_ids_are_encoded_in_the_plan_as_they_are_sent(
    provider: Provider, simulator: DodoSimulator
) -> None:
    ref = group_ref("pdc/1 ü", "g?#%")
    plan = await provider.planner.update_group(ref, GroupChange(name="New"))
    with pytest.raises(Refused):
        await run_plan(plan)
    path = "/product-collections/pdc%2F1%20%C3%BC/groups/g%3F%23%25"
    assert [call.path for call in plan.calls] == [path]
    assert take_calls(simulator) == [("PATCH", path, {"group_name": "New"})]


async def test_a_group_is_deleted_by_a_read_and_one_delete(
    provider: Provider, simulator: DodoSimulator
) -> None:
    seats = members(simulator, ADD_ONS)[0]
    plan = await provider.planner.delete_group(ADD_ONS)
    assert planned_writes(plan) == [("DELETE", path_of(ADD_ONS), 'Delete the group "Add-ons".')]
    await run_plan(plan)
    assert take_calls(simulator) == [
        ("GET", path_of(CRM), None),
        ("DELETE", path_of(ADD_ONS), None),
    ]
    names = [each["name"] for each in simulator.snapshot()["collections"][CRM.native_id]["groups"]]
    assert names == ["Monthly", "Yearly", "Partners only"]
    assert simulator.snapshot()["products"][seats.native_id]["collection_id"] is None


async def test_an_empty_group_can_be_deleted_twice(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.delete_group(EDGE)
    await run_plan(plan)
    take_calls(simulator)
    await run_plan(plan)
    assert take_calls(simulator) == [("DELETE", path_of(EDGE), None)]


async def test_an_unknown_group_cannot_be_deleted(provider: Provider) -> None:
    with pytest.raises(Refused) as caught:
        await provider.planner.delete_group(UNKNOWN_GROUP)
    assert caught.value.refusals == (NotFound(message=UNKNOWN, about=UNKNOWN_GROUP),)


async def test_a_group_with_all_products_of_its_collection_cannot_be_deleted(
    provider: Provider, simulator: DodoSimulator
) -> None:
    only = await create_icon_shop(provider, simulator)
    other = await provider.planner.create_group(only.collection, GroupChange(name="Empty"), [])
    await run_plan(other)
    take_calls(simulator)
    with pytest.raises(Refused) as caught:
        await provider.planner.delete_group(only)
    assert caught.value.refusals == (
        Conflict(
            message="Dodo Payments does not allow a collection without products.",
            code=UserErrorCode.LAST_PRODUCT,
            about=only,
            conflicting_ref=only.collection,
        ),
    )
    assert take_calls(simulator) == [("GET", path_of(only.collection), None)]
