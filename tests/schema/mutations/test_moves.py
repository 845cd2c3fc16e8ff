"""`groupMoveProducts`: calls to the planner, payloads, and the state after a failure."""

import pytest

from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import Incomplete, NotFound, Refusal
from tests.fake_planner import PlanningProvider, StepRecorder, failure
from tests.sample_catalog import (
    FOREIGN_GROUP,
    GROUP,
    OTHER_GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    C,
    D,
    members,
    sample_provider,
)
from tests.schema.mutations.helpers import ERRORS, execute, ids, mutate, user_error

pytestmark = pytest.mark.anyio

MOVE = "groupMoveProducts(fromGroupId: $id, toGroupId: $other, productIds: $ids%s)"
PRODUCTS = "products { nodes { name } }"
FIELDS = f"fromGroup {{ {PRODUCTS} }} toGroup {{ {PRODUCTS} }} {ERRORS} plan {{ path }}"

(GROUP_ID, OTHER_ID) = ids(GROUP, OTHER_GROUP)


@pytest.fixture
def writes() -> StepRecorder:
    """What was sent to the vendor."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor that moves A from its first group to its second in two writes."""
    fake = sample_provider()

    def take_out() -> None:
        fake.memberships = {**fake.memberships, GROUP: members(B, C)}

    def put_in() -> None:
        fake.memberships = {**fake.memberships, OTHER_GROUP: members(D, A)}

    stages = (
        (writes.step("/out", A, on_send=take_out),),
        (writes.step("/in", A, on_send=put_in),),
    )
    fake.planner.plan = Plan(stages=stages)
    return fake


def holding(*names: str) -> dict[str, object]:
    """Return a group with these products as `PRODUCTS` selects it."""
    return {"products": {"nodes": [{"name": name} for name in names]}}


async def test_the_payload_contains_both_changed_groups(vendor: PlanningProvider) -> None:
    payload = await mutate(
        f"{MOVE % ', position: 1'} {{ {FIELDS} }}",
        vendor,
        id=GROUP_ID,
        other=OTHER_ID,
        ids=ids(A),
    )

    assert payload == {
        "fromGroup": holding("B", "C"),
        "toGroup": holding("D", "A"),
        "userErrors": [],
        "plan": [{"path": "/out"}, {"path": "/in"}],
    }
    assert vendor.planner.requests == [("move", GROUP, OTHER_GROUP, (A,), 1)]


@pytest.mark.parametrize("position", ["", ", position: null"])
async def test_an_omitted_position_is_the_end(vendor: PlanningProvider, position: str) -> None:
    await mutate(
        f"{MOVE % position} {{ {ERRORS} }}", vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A)
    )

    assert vendor.planner.requests == [("move", GROUP, OTHER_GROUP, (A,), None)]


async def test_a_dry_run_returns_both_unchanged_groups(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    payload = await mutate(
        f"{MOVE % ', dryRun: true'} {{ {FIELDS} }}",
        vendor,
        id=GROUP_ID,
        other=OTHER_ID,
        ids=ids(A),
    )

    assert payload == {
        "fromGroup": holding("A", "B", "C"),
        "toGroup": holding("D"),
        "userErrors": [],
        "plan": [{"path": "/out"}, {"path": "/in"}],
    }
    assert writes.sent == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("nonsense", user_error("INVALID", "toGroupId")),
        (ids(A)[0], user_error("INVALID", "toGroupId")),
        (ids(FOREIGN_GROUP)[0], user_error("WRONG_PROVIDER", "toGroupId")),
        (GROUP_ID, user_error("INVALID", "toGroupId")),
    ],
)
async def test_an_invalid_second_group_is_a_user_error(
    vendor: PlanningProvider, writes: StepRecorder, target: str, expected: dict[str, object]
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ fromGroup {{ {PRODUCTS} }} {ERRORS} }}",
        vendor,
        id=GROUP_ID,
        other=target,
        ids=ids(A),
    )

    assert payload == {"fromGroup": holding("A", "B", "C"), "userErrors": [expected]}
    assert writes.sent == []


async def test_a_second_group_of_another_vendor_is_not_returned(
    vendor: PlanningProvider,
) -> None:
    for target in ("nonsense", *ids(FOREIGN_GROUP)):
        payload = await mutate(
            f"{MOVE % ''} {{ toGroup {{ id }} }}",
            vendor,
            id=GROUP_ID,
            other=target,
            ids=ids(A),
        )
        assert payload == {"toGroup": None}


async def test_an_invalid_first_group_is_a_user_error_without_a_vendor_call(
    vendor: PlanningProvider,
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ {FIELDS} }}", vendor, id="nonsense", other=OTHER_ID, ids=ids(A)
    )

    assert payload == {
        "fromGroup": None,
        "toGroup": None,
        "userErrors": [user_error("INVALID", "fromGroupId")],
        "plan": [],
    }
    assert vendor.calls == []


async def test_the_errors_for_missing_groups_name_their_arguments(
    vendor: PlanningProvider,
) -> None:
    (gone,) = ids(UNKNOWN_GROUP)
    call = f"{MOVE % ''} {{ {ERRORS} }}"

    source = await mutate(call, vendor, id=gone, other=OTHER_ID, ids=ids(A))
    vendor.planner.failure = Refused(NotFound(message="Gone.", about=UNKNOWN_GROUP))
    target = await mutate(call, vendor, id=GROUP_ID, other=gone, ids=ids(A))

    assert source == {"userErrors": [user_error("NOT_FOUND", "fromGroupId", kind="NotFoundError")]}
    assert target == {"userErrors": [user_error("NOT_FOUND", "toGroupId", kind="NotFoundError")]}


async def test_products_that_are_not_in_the_first_group_are_errors_and_nothing_is_moved(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ {ERRORS} }}", vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A, D)
    )

    assert payload == {"userErrors": [user_error("INVALID", "productIds", "1")]}
    assert (vendor.planner.requests, writes.sent) == ([], [])


async def test_a_move_depends_on_the_revision_of_the_first_group(
    vendor: PlanningProvider,
) -> None:
    call = f"""{MOVE % ', ifRevision: "older"'} {{ {ERRORS} }}"""

    payload = await mutate(call, vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A))

    assert payload == {"userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")]}
    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_a_move_that_was_rolled_back_is_reported_as_not_applied(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    async def rollback() -> list[Refusal]:
        return []

    broken = writes.step("/in", A, error=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(stages=((writes.step("/out", A),), (broken,)), rollback=rollback)

    response = await execute(
        f"mutation($id: ID!, $other: ID!, $ids: [ID!]!) {{ {MOVE % ''} {{ {ERRORS} }} }}",
        vendor,
        id=GROUP_ID,
        other=OTHER_ID,
        ids=ids(A),
    )

    assert response["data"] == {"groupMoveProducts": None}
    (error,) = response["errors"]
    assert error["path"] == ["groupMoveProducts"]
    assert error["message"].endswith("nothing has changed.")
    assert error["extensions"]["outcome"] == "NOT_APPLIED"
    assert error["extensions"]["retryable"] is True


async def test_a_move_that_could_not_be_rolled_back_reports_the_state_of_each_product(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    async def rollback() -> list[Refusal]:
        return [Incomplete(message="The product is in no group.", about=A, is_retryable=False)]

    broken = writes.step("/in", A, error=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(stages=((writes.step("/out", A),), (broken,)), rollback=rollback)
    fields = "userErrors { __typename message field ... on IncompleteError { isRetryable } }"

    payload = await mutate(
        f"{MOVE % ''} {{ {fields} plan {{ path }} }}",
        vendor,
        id=GROUP_ID,
        other=OTHER_ID,
        ids=ids(A),
    )

    assert payload == {
        "userErrors": [
            {
                "__typename": "IncompleteError",
                "message": "The product is in no group.",
                "field": ["productIds", "0"],
                "isRetryable": False,
            }
        ],
        "plan": [{"path": "/out"}],
    }
