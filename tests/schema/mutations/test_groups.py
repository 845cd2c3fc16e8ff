"""Mutations of groups: what they hand on, and what their payloads tell and cost."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refusals import NotFound
from tests.fake_planner import PlanningProvider, Writes, failure
from tests.little_shop import COLLECTION, EVERYTHING, GONE, GROUP, A, B, shop
from tests.schema.mutations.asking import WHY, error, ids, mutate

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
PLAN = "plan { method path description }"
NAMED = "group { id name }"

(COLLECTION_ID, GROUP_ID, GONE_ID) = ids(COLLECTION, GROUP, GONE)


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor whose changes take one write, which renames its first group."""
    made = shop()

    def rename() -> None:
        made.groups = [Group(ref=GROUP, name="New")]

    made.planner.plan = Plan(stages=((writes.step("/write", does=rename),),))
    return made


async def update(vendor: PlanningProvider, arguments: str, fields: str) -> dict[str, object]:
    """Rename the first group."""
    call = f'groupUpdate(id: $id, input: {{name: "New"}}{arguments}) {{ {fields} }}'
    return await mutate(call, vendor, id=GROUP_ID)


async def test_an_update_tells_the_group_as_it_is_now(vendor: PlanningProvider) -> None:
    payload = await update(vendor, "", f"{NAMED} {WHY} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "New"},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert vendor.planner.asked == [("update_group", GROUP, GroupChange(name="New"))]
    assert vendor.calls == ["forget", "get_groups"]


async def test_a_group_that_nobody_selects_is_not_read(vendor: PlanningProvider) -> None:
    await update(vendor, "", WHY)

    assert vendor.calls == ["forget"]


async def test_a_group_that_the_answer_shows_is_not_read(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(entity=Group(ref=GROUP, name="Shown")))

    payload = await update(vendor, "", NAMED)

    assert payload == {"group": {"id": GROUP_ID, "name": "Shown"}}
    assert vendor.calls == ["forget"]


async def test_a_dry_run_tells_the_plan_and_the_group_as_it_still_is(
    vendor: PlanningProvider, writes: Writes
) -> None:
    payload = await update(vendor, ", dryRun: true", f"{NAMED} {WHY} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert writes.sent == []


async def test_a_stale_revision_is_refused_and_the_group_shown_as_it_is(
    vendor: PlanningProvider, writes: Writes
) -> None:
    payload = await update(vendor, ', ifRevision: "older"', f"{NAMED} {WHY} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [error("STALE", "ifRevision", kind="ConflictError")],
        "plan": [],
    }
    assert writes.sent == []
    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_a_revision_that_is_null_is_none(vendor: PlanningProvider) -> None:
    payload = await update(vendor, ", ifRevision: null", WHY)

    assert payload == {"userErrors": []}
    assert vendor.calls == ["forget"]


async def test_the_revision_that_a_client_has_read_is_the_one_that_holds(
    vendor: PlanningProvider, writes: Writes
) -> None:
    read = await update(vendor, ", dryRun: true", "group { revision }")
    assert isinstance(read["group"], dict)
    seen = read["group"]["revision"]

    first = await update(vendor, f', ifRevision: "{seen}"', WHY)
    again = await update(vendor, f', ifRevision: "{seen}"', WHY)

    assert first == {"userErrors": []}
    assert again == {"userErrors": [error("STALE", "ifRevision", kind="ConflictError")]}
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("wrong", ["", "nonsense", *ids(COLLECTION, A)])
async def test_an_id_that_names_no_group_is_a_user_error_without_a_call(
    vendor: PlanningProvider, wrong: str
) -> None:
    call = f"groupUpdate(id: $id, input: {{}}) {{ {NAMED} {WHY} {PLAN} }}"

    payload = await mutate(call, vendor, id=wrong)

    assert payload == {"group": None, "userErrors": [error("INVALID", "id")], "plan": []}
    assert vendor.calls == []


async def test_a_group_of_a_vendor_that_is_not_configured_is_not_found() -> None:
    fields = f"{NAMED} {WHY} userErrors {{ ... on NotFoundError {{ missingId }} }}"

    payload = await mutate(f"groupUpdate(id: $id, input: {{}}) {{ {fields} }}", id=GROUP_ID)

    not_found = error("NOT_FOUND", "id", kind="NotFoundError") | {"missingId": GROUP_ID}
    assert payload == {"group": None, "userErrors": [not_found]}


async def test_what_is_refused_without_a_read_shows_no_group_though_it_is_selected() -> None:
    vendor = shop(frozenset())

    payload = await update(vendor, "", f"{NAMED} {WHY} {PLAN}")

    unsupported = error("UNSUPPORTED", kind="UnsupportedError")
    assert payload == {"group": None, "userErrors": [unsupported], "plan": []}
    assert vendor.calls == []


async def test_a_new_group_is_shown_and_all_that_was_asked_of_it_handed_on(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.plan = Plan(result=PlanResult(group=GROUP))
    call = f"""groupCreate(
      collectionId: $id, input: {{name: "New", status: INACTIVE}}, productIds: $ids
    ) {{ {NAMED} {WHY} {PLAN} }}"""

    payload = await mutate(call, vendor, id=COLLECTION_ID, ids=ids(B, A))

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [],
        "plan": [],
    }
    change = GroupChange(name="New", status=GroupStatus.INACTIVE)
    assert vendor.planner.asked == [("create_group", COLLECTION, change, (B, A))]
    assert vendor.calls == ["forget", "get_groups"]


async def test_a_group_made_only_in_part_is_shown_beside_what_is_left_to_do(
    vendor: PlanningProvider, writes: Writes
) -> None:
    broken = writes.step("/2", A, fails=failure(WriteOutcome.NOT_APPLIED))
    vendor.planner.plan = Plan(
        stages=((writes.step("/write"),), (broken,)), result=PlanResult(group=GROUP)
    )
    fields = f"{NAMED} {WHY} userErrors {{ ... on IncompleteError {{ isRetryable }} }} {PLAN}"
    call = f"groupCreate(collectionId: $id, input: {{}}, productIds: $ids) {{ {fields} }}"

    payload = await mutate(call, vendor, id=COLLECTION_ID, ids=ids(A))

    incomplete = error("INCOMPLETE", "productIds", "0", kind="IncompleteError")
    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [incomplete | {"isRetryable": False}],
        "plan": [PLANNED],
    }


async def test_a_group_that_is_only_planned_is_not_there(vendor: PlanningProvider) -> None:
    call = f"groupCreate(collectionId: $id, input: {{}}, dryRun: true) {{ {NAMED} {WHY} {PLAN} }}"

    payload = await mutate(call, vendor, id=COLLECTION_ID)

    assert payload == {"group": None, "userErrors": [], "plan": [PLANNED]}


async def test_a_wrong_collection_is_told_by_its_argument(vendor: PlanningProvider) -> None:
    call = f"groupCreate(collectionId: $id, input: {{}}) {{ {WHY} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload == {"userErrors": [error("INVALID", "collectionId")]}


async def test_a_deleted_group_is_told_by_its_id(vendor: PlanningProvider, writes: Writes) -> None:
    call = f"groupDelete(id: $id) {{ deletedGroupId {WHY} {PLAN} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload == {"deletedGroupId": GROUP_ID, "userErrors": [], "plan": [PLANNED]}
    assert writes.sent == ["/write"]
    assert vendor.calls == ["forget"]


async def test_a_group_that_is_not_deleted_has_no_id_to_tell(
    vendor: PlanningProvider, writes: Writes
) -> None:
    call = f"groupDelete(id: $id, dryRun: %s) {{ deletedGroupId {WHY} }}"
    dry = await mutate(call % "true", vendor, id=GROUP_ID)
    missing = Refused(NotFound(message="Gone.", about=GROUP))
    vendor.planner.plan = Plan(stages=((writes.step("/write", fails=missing),),))
    by_write = await mutate(call % "false", vendor, id=GROUP_ID)
    vendor.planner.failure = missing
    by_plan = await mutate(call % "false", vendor, id=GROUP_ID)
    by_guard = await mutate(
        call % "false", shop(EVERYTHING - {Capability.GROUP_DELETE}), id=GROUP_ID
    )

    not_found = error("NOT_FOUND", "id", kind="NotFoundError")
    assert dry == {"deletedGroupId": None, "userErrors": []}
    assert by_write == by_plan == {"deletedGroupId": None, "userErrors": [not_found]}
    assert by_guard["deletedGroupId"] is None
