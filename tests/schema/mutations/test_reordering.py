"""Reordering by moves: the arguments as GraphQL accepts them, payloads and vendor calls."""

from typing import Any

import pytest

from groupgate.domain.planner import Plan
from groupgate.domain.refs import Ref
from tests.fake_planner import PlanningProvider, StepRecorder
from tests.sample_catalog import (
    COLLECTION,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    A,
    B,
    C,
    D,
    members,
    sample_provider,
)
from tests.schema.mutations.helpers import ERRORS, execute, ids, user_error

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
NAMES = "group { products { nodes { name } } }"
PLAN = "plan { method path description }"

(GROUP_ID, COLLECTION_ID) = ids(GROUP, COLLECTION)

TARGETS = {
    "groupReorderProducts": (GROUP_ID, "productIds"),
    "productCollectionReorderGroups": (COLLECTION_ID, "groupIds"),
}
"""The object to change, and the argument for the list of ids."""


@pytest.fixture
def writes() -> StepRecorder:
    """Return the writes that the vendor received."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor whose mutations take one write, which puts C before A and B."""
    fake = sample_provider()

    def reorder() -> None:
        fake.memberships = {GROUP: members(C, A, B)}

    fake.planner.plan = Plan(stages=((writes.step("/write", on_send=reorder),),))
    return fake


def move(ref: Ref, position: int) -> dict[str, object]:
    """Return a move as a variable."""
    return {"id": ids(ref)[0], "newPosition": position}


async def reorder(
    vendor: PlanningProvider,
    mutation: str,
    select: str,
    arguments: str = "",
    **variables: Any,
) -> dict[str, Any]:
    """Execute a reordering with the variables `ids` and `moves`; return its payload."""
    target, listed = TARGETS[mutation]
    response = await execute(
        "mutation($id: ID!, $ids: [ID!], $moves: [MoveInput!]) {"
        f" payload: {mutation}(id: $id, {listed}: $ids, moves: $moves{arguments})"
        f" {{ {select} }} }}",
        vendor,
        id=target,
        **variables,
    )
    assert "errors" not in response, response["errors"]
    payload: dict[str, Any] = response["data"]["payload"]
    return payload


async def reorder_products(
    vendor: PlanningProvider, select: str, arguments: str = "", **variables: Any
) -> dict[str, Any]:
    """Reorder the products of the group; return the payload."""
    return await reorder(vendor, "groupReorderProducts", select, arguments, **variables)


async def test_moves_are_made_and_the_payload_contains_the_new_order(
    vendor: PlanningProvider,
) -> None:
    select = f"{NAMES} {ERRORS} {PLAN}"

    payload = await reorder_products(vendor, select, moves=[move(A, 2), move(B, 1)])

    assert payload == {
        "group": {"products": {"nodes": [{"name": "C"}, {"name": "A"}, {"name": "B"}]}},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert vendor.planner.requests == [("reorder_products", GROUP, (C, B, A))]


async def test_groups_are_moved(vendor: PlanningProvider) -> None:
    payload = await reorder(
        vendor, "productCollectionReorderGroups", f"{ERRORS} {PLAN}", moves=[move(OTHER_GROUP, 0)]
    )

    assert payload == {"userErrors": [], "plan": [PLANNED]}
    assert vendor.planner.requests == [("reorder_groups", COLLECTION, (OTHER_GROUP, GROUP))]


async def test_one_move_is_accepted_in_place_of_a_list(vendor: PlanningProvider) -> None:
    assert await reorder_products(vendor, ERRORS, moves=move(C, 0)) == {"userErrors": []}
    assert vendor.planner.requests == [("reorder_products", GROUP, (C, A, B))]


@pytest.mark.parametrize("moves", [[], [move(A, 0)], [move(A, 2), move(A, 0)]])
async def test_moves_that_change_nothing_write_nothing(
    vendor: PlanningProvider, writes: StepRecorder, moves: list[dict[str, object]]
) -> None:
    payload = await reorder_products(vendor, f"{ERRORS} {PLAN}", moves=moves)

    assert payload == {"userErrors": [], "plan": []}
    assert (vendor.calls, writes.sent) == (["forget", "get_memberships"], [])


async def test_a_dry_run_of_moves_returns_the_plan_and_the_present_order(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    payload = await reorder_products(
        vendor, f"{NAMES} {ERRORS} {PLAN}", ", dryRun: true", moves=[move(C, 0)]
    )

    assert payload == {
        "group": {"products": {"nodes": [{"name": "A"}, {"name": "B"}, {"name": "C"}]}},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert writes.sent == []


async def test_moves_can_depend_on_the_revision(vendor: PlanningProvider) -> None:
    payload = await reorder_products(
        vendor, ERRORS, ', ifRevision: "older"', moves=[move(C, 0), move(D, -1)]
    )

    assert payload == {
        "userErrors": [
            user_error("INVALID", "moves", "1", "newPosition"),
            user_error("STALE", "ifRevision", kind="ConflictError"),
        ]
    }
    assert vendor.planner.requests == []


async def test_errors_for_invalid_moves_name_their_index_and_field(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    invalid = [
        {"id": "", "newPosition": 0},
        move(FOREIGN_PRODUCT, 0),
        move(D, 1),
        move(A, -1),
        move(GROUP, 0),
    ]

    payload = await reorder_products(vendor, f"{ERRORS} {PLAN}", moves=invalid)

    assert payload == {
        "userErrors": [
            user_error("INVALID", "moves", "0", "id"),
            user_error("WRONG_PROVIDER", "moves", "1", "id"),
            user_error("INVALID", "moves", "3", "newPosition"),
            user_error("INVALID", "moves", "4", "id"),
            user_error("NOT_A_PERMUTATION", "moves", "2", "id"),
        ],
        "plan": [],
    }
    assert writes.sent == []


@pytest.mark.parametrize("mutation", TARGETS)
@pytest.mark.parametrize(
    "lists",
    [
        {},
        {"ids": None, "moves": None},
        {"moves": None},
        {"ids": [], "moves": []},
        {"ids": ["nonsense"], "moves": [move(A, -1)]},
    ],
)
async def test_both_lists_and_neither_are_refused_without_a_vendor_call(
    vendor: PlanningProvider, lists: dict[str, Any], mutation: str
) -> None:
    payload = await reorder(vendor, mutation, f"{ERRORS} {PLAN}", **lists)

    _, listed = TARGETS[mutation]
    assert payload == {
        "userErrors": [user_error("INVALID", listed), user_error("INVALID", "moves")],
        "plan": [],
    }
    assert vendor.calls == []


async def test_more_than_a_hundred_moves_are_refused_without_a_vendor_call(
    vendor: PlanningProvider,
) -> None:
    payload = await reorder_products(vendor, ERRORS, moves=[move(A, 0)] * 101)

    assert payload == {"userErrors": [user_error("TOO_LONG", "moves")]}
    assert vendor.calls == []


async def test_a_list_beside_null_moves_is_accepted(vendor: PlanningProvider) -> None:
    payload = await reorder_products(vendor, ERRORS, ids=ids(C, A, B), moves=None)

    assert payload == {"userErrors": []}
    assert vendor.planner.requests == [("reorder_products", GROUP, (C, A, B))]
