"""Products are moved from group to group of one vendor, or stay where they are."""

import pytest

from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import Incomplete, NotFound, Refusal
from tests.fake_planner import PlanningProvider, Writes, failure
from tests.little_shop import FOREIGN_GROUP, GONE, GROUP, OTHER, A, B, C, D, members, shop
from tests.schema.mutations.asking import WHY, ask, error, ids, mutate

pytestmark = pytest.mark.anyio

MOVE = "groupMoveProducts(fromGroupId: $id, toGroupId: $other, productIds: $ids%s)"
SHOWN = "products { nodes { name } }"
FIELDS = f"fromGroup {{ {SHOWN} }} toGroup {{ {SHOWN} }} {WHY} plan {{ path }}"

(GROUP_ID, OTHER_ID) = ids(GROUP, OTHER)


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor that moves A from its first group into its second by two writes."""
    made = shop()

    def take_out() -> None:
        made.memberships = {**made.memberships, GROUP: members(B, C)}

    def put_in() -> None:
        made.memberships = {**made.memberships, OTHER: members(D, A)}

    stages = (
        (writes.step("/out", A, does=take_out),),
        (writes.step("/in", A, does=put_in),),
    )
    made.planner.plan = Plan(stages=stages)
    return made


def holding(*names: str) -> dict[str, object]:
    """A group as `SHOWN` selects it."""
    return {"products": {"nodes": [{"name": name} for name in names]}}


async def test_both_groups_are_shown_as_they_are_now(vendor: PlanningProvider) -> None:
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
    assert vendor.planner.asked == [("move", GROUP, OTHER, (A,), 1)]


@pytest.mark.parametrize("position", ["", ", position: null"])
async def test_a_position_left_out_is_the_end(vendor: PlanningProvider, position: str) -> None:
    await mutate(f"{MOVE % position} {{ {WHY} }}", vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A))

    assert vendor.planner.asked == [("move", GROUP, OTHER, (A,), None)]


async def test_a_dry_run_shows_both_groups_as_they_still_are(
    vendor: PlanningProvider, writes: Writes
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
    ("target", "told"),
    [
        ("nonsense", error("INVALID", "toGroupId")),
        (ids(A)[0], error("INVALID", "toGroupId")),
        (ids(FOREIGN_GROUP)[0], error("WRONG_PROVIDER", "toGroupId")),
        (GROUP_ID, error("INVALID", "toGroupId")),
    ],
)
async def test_a_second_group_that_cannot_be_it_is_told(
    vendor: PlanningProvider, writes: Writes, target: str, told: dict[str, object]
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ fromGroup {{ {SHOWN} }} {WHY} }}",
        vendor,
        id=GROUP_ID,
        other=target,
        ids=ids(A),
    )

    assert payload == {"fromGroup": holding("A", "B", "C"), "userErrors": [told]}
    assert writes.sent == []


async def test_a_second_group_that_is_not_of_the_vendor_is_not_shown(
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


async def test_a_first_group_that_is_none_is_told_without_a_call(
    vendor: PlanningProvider,
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ {FIELDS} }}", vendor, id="nonsense", other=OTHER_ID, ids=ids(A)
    )

    assert payload == {
        "fromGroup": None,
        "toGroup": None,
        "userErrors": [error("INVALID", "fromGroupId")],
        "plan": [],
    }
    assert vendor.calls == []


async def test_groups_that_are_gone_are_told_by_their_arguments(
    vendor: PlanningProvider,
) -> None:
    (gone,) = ids(GONE)
    call = f"{MOVE % ''} {{ {WHY} }}"

    source = await mutate(call, vendor, id=gone, other=OTHER_ID, ids=ids(A))
    vendor.planner.failure = Refused(NotFound(message="Gone.", about=GONE))
    target = await mutate(call, vendor, id=GROUP_ID, other=gone, ids=ids(A))

    assert source == {"userErrors": [error("NOT_FOUND", "fromGroupId", kind="NotFoundError")]}
    assert target == {"userErrors": [error("NOT_FOUND", "toGroupId", kind="NotFoundError")]}


async def test_products_that_are_not_in_the_first_group_are_told_and_none_moved(
    vendor: PlanningProvider, writes: Writes
) -> None:
    payload = await mutate(
        f"{MOVE % ''} {{ {WHY} }}", vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A, D)
    )

    assert payload == {"userErrors": [error("INVALID", "productIds", "1")]}
    assert (vendor.planner.asked, writes.sent) == ([], [])


async def test_a_move_depends_on_the_revision_of_the_first_group(
    vendor: PlanningProvider,
) -> None:
    call = f"""{MOVE % ', ifRevision: "older"'} {{ {WHY} }}"""

    payload = await mutate(call, vendor, id=GROUP_ID, other=OTHER_ID, ids=ids(A))

    assert payload == {"userErrors": [error("STALE", "ifRevision", kind="ConflictError")]}
    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_a_move_that_was_taken_back_is_a_failure_that_changed_nothing(
    vendor: PlanningProvider, writes: Writes
) -> None:
    async def rollback() -> list[Refusal]:
        return []

    broken = writes.step("/in", A, fails=failure(WriteOutcome.UNKNOWN))
    vendor.planner.plan = Plan(stages=((writes.step("/out", A),), (broken,)), rollback=rollback)

    answer = await ask(
        f"mutation($id: ID!, $other: ID!, $ids: [ID!]!) {{ {MOVE % ''} {{ {WHY} }} }}",
        vendor,
        id=GROUP_ID,
        other=OTHER_ID,
        ids=ids(A),
    )

    assert answer["data"] == {"groupMoveProducts": None}
    (told,) = answer["errors"]
    assert told["path"] == ["groupMoveProducts"]
    assert told["message"].endswith("nothing has changed.")
    assert told["extensions"]["outcome"] == "NOT_APPLIED"
    assert told["extensions"]["retryable"] is True


async def test_a_move_that_could_not_be_taken_back_tells_what_stands_where(
    vendor: PlanningProvider, writes: Writes
) -> None:
    async def rollback() -> list[Refusal]:
        return [Incomplete(message="It is in no group now.", about=A, is_retryable=False)]

    broken = writes.step("/in", A, fails=failure(WriteOutcome.UNKNOWN))
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
                "message": "It is in no group now.",
                "field": ["productIds", "0"],
                "isRetryable": False,
            }
        ],
        "plan": [{"path": "/out"}],
    }
