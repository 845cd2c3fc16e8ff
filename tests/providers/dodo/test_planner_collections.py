"""Plans for collections: exact calls, and the vendor's state afterwards."""

from typing import Any

import pytest

from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Malformed, Refused, Rejected, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.domain.refusals import Conflict, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.dodo import DodoSimulator
from tests.providers.conftest import FailWith
from tests.providers.dodo.seed import (
    CRM,
    CRM_2024,
    INVALID,
    MONTHLY,
    NOT_ACCEPTED,
    NOT_ALLOWED,
    UNKNOWN_COLLECTION,
    UNKNOWN_REJECTION,
    collection_record,
    collection_ref,
    group_ref,
    members,
    path_of,
    product,
)
from tests.providers.faults import Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

UNKNOWN = "The collection does not exist."
UNKNOWN_OR_ARCHIVED = "The collection does not exist, or is archived."


@pytest.mark.parametrize(
    ("change", "body", "expected"),
    [
        (
            CollectionChange(name="CRM"),
            {"name": "CRM"},
            ("CRM", "Plans and extras for teams that sell."),
        ),
        (CollectionChange(description=None), {"description": None}, ("Kestrel CRM", None)),
        (CollectionChange(description=""), {"description": ""}, ("Kestrel CRM", "")),
        (
            CollectionChange(name="CRM", description="All of it."),
            {"name": "CRM", "description": "All of it."},
            ("CRM", "All of it."),
        ),
    ],
)
async def test_a_change_is_one_patch_of_the_given_fields(
    provider: Provider,
    simulator: DodoSimulator,
    change: CollectionChange,
    body: dict[str, Any],
    expected: tuple[str, str | None],
) -> None:
    plan = await provider.planner.update_collection(CRM, change)
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("PATCH", path_of(CRM), body)]
    now = collection_record(simulator, CRM)
    assert (now["name"], now["description"]) == expected


async def test_the_plan_of_a_change_describes_it(provider: Provider) -> None:
    change = CollectionChange(name="CRM", description=None)
    assert planned_writes(await provider.planner.update_collection(CRM, change)) == [
        (
            "PATCH",
            path_of(CRM),
            f"Change the name and description of the collection {CRM.native_id}.",
        )
    ]


@pytest.mark.parametrize("ref", [UNKNOWN_COLLECTION, CRM_2024])
async def test_an_unknown_or_archived_collection_cannot_be_changed(
    provider: Provider, simulator: DodoSimulator, ref: CollectionRef
) -> None:
    plan = await provider.planner.update_collection(ref, CollectionChange(name="CRM"))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (NotFound(message=UNKNOWN_OR_ARCHIVED, about=ref),)
    assert take_calls(simulator) == [("PATCH", path_of(ref), {"name": "CRM"})]


@pytest.mark.parametrize("native_id", ["..", ".", "", None])
async def test_an_id_that_no_path_can_contain_is_refused_without_a_call(
    provider: Provider, simulator: DodoSimulator, native_id: str | None
) -> None:
    ref = collection_ref(native_id)
    refusals = (NotFound(message=UNKNOWN, about=ref),)
    for plan in (
        provider.planner.update_collection(ref, CollectionChange(name="CRM")),
        provider.planner.reorder_groups(ref, []),
        provider.planner.archive_collection(ref),
        provider.planner.unarchive_collection(ref),
        provider.planner.create_group(ref, GroupChange(name="New"), []),
    ):
        with pytest.raises(Refused) as caught:
            await plan
        assert caught.value.refusals == refusals
    assert take_calls(simulator) == []


async def test_a_rejected_change_is_invalid_input(fail_with: FailWith) -> None:
    provider = fail_with({"PATCH": [NOT_ACCEPTED]})
    plan = await provider.planner.update_collection(CRM, CollectionChange(name="CRM"))
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (INVALID,)


async def test_a_rejection_with_an_unknown_status_is_raised(
    fail_with: FailWith,
) -> None:
    provider = fail_with({"PATCH": [UNKNOWN_REJECTION]})
    plan = await provider.planner.update_collection(CRM, CollectionChange(name="CRM"))
    with pytest.raises(Rejected) as caught:
        await run_plan(plan)
    assert (caught.value.status, caught.value.outcome) == (418, WriteOutcome.NOT_APPLIED)


async def test_groups_are_reordered_by_one_patch(
    provider: Provider, simulator: DodoSimulator
) -> None:
    order = [group["id"] for group in collection_record(simulator, CRM)["groups"]][::-1]
    plan = await provider.planner.reorder_groups(
        CRM, [group_ref(CRM.native_id, each) for each in order]
    )
    assert planned_writes(plan) == [
        ("PATCH", path_of(CRM), f"Reorder the groups of the collection {CRM.native_id}.")
    ]
    await run_plan(plan)
    assert take_calls(simulator) == [("PATCH", path_of(CRM), {"group_order": order})]
    assert [group["id"] for group in collection_record(simulator, CRM)["groups"]] == order


async def test_an_incomplete_order_of_groups_is_rejected(
    provider: Provider, simulator: DodoSimulator
) -> None:
    before = simulator.snapshot()
    plan = await provider.planner.reorder_groups(CRM, [MONTHLY])
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (INVALID,)
    assert simulator.snapshot() == before


async def test_archiving_is_one_delete_and_can_be_repeated(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.archive_collection(CRM)
    assert planned_writes(plan) == [
        ("DELETE", path_of(CRM), f"Archive the collection {CRM.native_id}.")
    ]
    await run_plan(plan)
    await run_plan(plan)
    assert take_calls(simulator) == [("DELETE", path_of(CRM), None)] * 2
    assert collection_record(simulator, CRM)["archived"] is True


async def test_an_unknown_collection_is_neither_archived_nor_unarchived(provider: Provider) -> None:
    for planning in (
        provider.planner.archive_collection(UNKNOWN_COLLECTION),
        provider.planner.unarchive_collection(UNKNOWN_COLLECTION),
    ):
        plan = await planning
        with pytest.raises(Refused) as caught:
            await run_plan(plan)
        assert caught.value.refusals == (
            NotFound(message=UNKNOWN_OR_ARCHIVED, about=UNKNOWN_COLLECTION),
        )


async def test_an_unarchived_collection_excludes_its_archived_products(
    provider: Provider, simulator: DodoSimulator
) -> None:
    plan = await provider.planner.unarchive_collection(CRM_2024)
    path = f"{path_of(CRM_2024)}/unarchive"
    assert planned_writes(plan) == [
        ("POST", path, f"Unarchive the collection {CRM_2024.native_id}.")
    ]
    await run_plan(plan)
    assert take_calls(simulator) == [("POST", path, None)]
    assert plan.result.excluded == (product("CRM Duo 2024"), product("CRM Duo 2024, yearly"))
    assert collection_record(simulator, CRM_2024)["archived"] is False


async def test_a_collection_of_archived_products_only_cannot_be_unarchived(
    fail_with: FailWith,
) -> None:
    body = b'{"code": "PRODUCT_COLLECTION_MUST_HAVE_PRODUCTS", "message": ""}'
    provider = fail_with({"POST": [Fault(status=422, body=body)]})
    plan = await provider.planner.unarchive_collection(CRM_2024)
    with pytest.raises(Refused) as caught:
        await run_plan(plan)
    assert caught.value.refusals == (
        Conflict(
            message=NOT_ALLOWED,
            code=UserErrorCode.LAST_PRODUCT,
            about=CRM_2024,
        ),
    )


async def test_an_error_with_status_200_does_not_unarchive_a_collection(
    fail_with: FailWith, simulator: DodoSimulator
) -> None:
    body = b'{"code": "INTERNAL", "message": "no"}'
    provider = fail_with({"POST": [Fault(status=200, body=body)]})
    plan = await provider.planner.unarchive_collection(CRM_2024)
    with pytest.raises(Malformed) as caught:
        await run_plan(plan)
    assert caught.value.outcome is WriteOutcome.UNKNOWN
    assert collection_record(simulator, CRM_2024)["archived"] is True


async def test_a_read_after_a_write_returns_the_new_state(
    provider: Provider, simulator: DodoSimulator
) -> None:
    with request_scope():
        await provider.get_collections([CRM])
        await run_plan(await provider.planner.update_collection(CRM, CollectionChange(name="CRM")))
        found = (await provider.get_collections([CRM]))[CRM]
    assert getattr(found, "name", None) == "CRM"
    assert [method for method, _, _ in take_calls(simulator)] == ["GET", "PATCH", "GET"]
    assert len(members(simulator, MONTHLY)) == 4
