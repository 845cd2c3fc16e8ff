"""Mutations of groups: their calls to the planner, their payloads and their vendor calls."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refusals import NotFound
from tests.fake_planner import PlanningProvider, StepRecorder, failure
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    sample_provider,
)
from tests.schema.mutations.helpers import ERRORS, ids, mutate, user_error

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
PLAN = "plan { method path description }"
NAMED = "group { id name }"

(COLLECTION_ID, GROUP_ID, GONE_ID) = ids(COLLECTION, GROUP, UNKNOWN_GROUP)


@pytest.fixture
def writes() -> StepRecorder:
    """What was sent to the vendor."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor whose changes take one write, which renames its first group."""
    fake = sample_provider()

    def rename() -> None:
        fake.groups = [Group(ref=GROUP, name="New")]

    fake.planner.plan = Plan(stages=((writes.step("/write", on_send=rename),),))
    return fake


async def update(vendor: PlanningProvider, arguments: str, fields: str) -> dict[str, object]:
    """Rename the first group."""
    call = f'groupUpdate(id: $id, input: {{name: "New"}}{arguments}) {{ {fields} }}'
    return await mutate(call, vendor, id=GROUP_ID)


async def test_the_payload_of_an_update_contains_the_changed_group(
    vendor: PlanningProvider,
) -> None:
    payload = await update(vendor, "", f"{NAMED} {ERRORS} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "New"},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert vendor.planner.requests == [("update_group", GROUP, GroupChange(name="New"))]
    assert vendor.calls == ["forget", "get_groups"]


async def test_a_group_that_is_not_selected_is_not_read(vendor: PlanningProvider) -> None:
    await update(vendor, "", ERRORS)

    assert vendor.calls == ["forget"]


async def test_a_group_that_the_write_returns_is_not_read(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(entity=Group(ref=GROUP, name="Shown")))

    payload = await update(vendor, "", NAMED)

    assert payload == {"group": {"id": GROUP_ID, "name": "Shown"}}
    assert vendor.calls == ["forget"]


async def test_a_dry_run_returns_the_plan_and_the_unchanged_group(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    payload = await update(vendor, ", dryRun: true", f"{NAMED} {ERRORS} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [],
        "plan": [PLANNED],
    }
    assert writes.sent == []


async def test_a_stale_revision_is_refused_and_the_payload_contains_the_unchanged_group(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    payload = await update(vendor, ', ifRevision: "older"', f"{NAMED} {ERRORS} {PLAN}")

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")],
        "plan": [],
    }
    assert writes.sent == []
    assert vendor.calls == ["forget", "get_groups", "get_memberships"]


async def test_a_null_revision_is_ignored(vendor: PlanningProvider) -> None:
    payload = await update(vendor, ", ifRevision: null", ERRORS)

    assert payload == {"userErrors": []}
    assert vendor.calls == ["forget"]


async def test_a_revision_is_accepted_until_the_group_changes(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    read = await update(vendor, ", dryRun: true", "group { revision }")
    assert isinstance(read["group"], dict)
    revision = read["group"]["revision"]

    first = await update(vendor, f', ifRevision: "{revision}"', ERRORS)
    again = await update(vendor, f', ifRevision: "{revision}"', ERRORS)

    assert first == {"userErrors": []}
    assert again == {"userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")]}
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("wrong", ["", "nonsense", *ids(COLLECTION, A)])
async def test_an_id_that_is_not_of_a_group_is_a_user_error_without_a_vendor_call(
    vendor: PlanningProvider, wrong: str
) -> None:
    call = f"groupUpdate(id: $id, input: {{}}) {{ {NAMED} {ERRORS} {PLAN} }}"

    payload = await mutate(call, vendor, id=wrong)

    assert payload == {"group": None, "userErrors": [user_error("INVALID", "id")], "plan": []}
    assert vendor.calls == []


async def test_a_group_of_an_unconfigured_vendor_is_not_found() -> None:
    fields = f"{NAMED} {ERRORS} userErrors {{ ... on NotFoundError {{ missingId }} }}"

    payload = await mutate(f"groupUpdate(id: $id, input: {{}}) {{ {fields} }}", id=GROUP_ID)

    not_found = user_error("NOT_FOUND", "id", kind="NotFoundError") | {"missingId": GROUP_ID}
    assert payload == {"group": None, "userErrors": [not_found]}


async def test_a_mutation_refused_before_any_read_returns_no_group() -> None:
    vendor = sample_provider(frozenset())

    payload = await update(vendor, "", f"{NAMED} {ERRORS} {PLAN}")

    unsupported = user_error("UNSUPPORTED", kind="UnsupportedError")
    assert payload == {"group": None, "userErrors": [unsupported], "plan": []}
    assert vendor.calls == []


async def test_all_arguments_of_a_new_group_reach_the_planner_and_the_payload_contains_it(
    vendor: PlanningProvider,
) -> None:
    vendor.planner.plan = Plan(result=PlanResult(group=GROUP))
    call = f"""groupCreate(
      collectionId: $id, input: {{name: "New", status: INACTIVE}}, productIds: $ids
    ) {{ {NAMED} {ERRORS} {PLAN} }}"""

    payload = await mutate(call, vendor, id=COLLECTION_ID, ids=ids(B, A))

    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [],
        "plan": [],
    }
    change = GroupChange(name="New", status=GroupStatus.INACTIVE)
    assert vendor.planner.requests == [("create_group", COLLECTION, change, (B, A))]
    assert vendor.calls == ["forget", "get_groups"]


async def test_a_partly_created_group_is_returned_with_the_user_errors(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    broken = writes.step("/2", A, error=failure(WriteOutcome.NOT_APPLIED))
    vendor.planner.plan = Plan(
        stages=((writes.step("/write"),), (broken,)), result=PlanResult(group=GROUP)
    )
    fields = f"{NAMED} {ERRORS} userErrors {{ ... on IncompleteError {{ isRetryable }} }} {PLAN}"
    call = f"groupCreate(collectionId: $id, input: {{}}, productIds: $ids) {{ {fields} }}"

    payload = await mutate(call, vendor, id=COLLECTION_ID, ids=ids(A))

    incomplete = user_error("INCOMPLETE", "productIds", "0", kind="IncompleteError")
    assert payload == {
        "group": {"id": GROUP_ID, "name": "Monthly"},
        "userErrors": [incomplete | {"isRetryable": False}],
        "plan": [PLANNED],
    }


async def test_a_dry_run_creates_no_group(vendor: PlanningProvider) -> None:
    call = (
        f"groupCreate(collectionId: $id, input: {{}}, dryRun: true) {{ {NAMED} {ERRORS} {PLAN} }}"
    )

    payload = await mutate(call, vendor, id=COLLECTION_ID)

    assert payload == {"group": None, "userErrors": [], "plan": [PLANNED]}


async def test_the_error_for_an_invalid_collection_names_its_argument(
    vendor: PlanningProvider,
) -> None:
    call = f"groupCreate(collectionId: $id, input: {{}}) {{ {ERRORS} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload == {"userErrors": [user_error("INVALID", "collectionId")]}


async def test_the_payload_contains_the_id_of_the_deleted_group(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    call = f"groupDelete(id: $id) {{ deletedGroupId {ERRORS} {PLAN} }}"

    payload = await mutate(call, vendor, id=GROUP_ID)

    assert payload == {"deletedGroupId": GROUP_ID, "userErrors": [], "plan": [PLANNED]}
    assert writes.sent == ["/write"]
    assert vendor.calls == ["forget"]


async def test_the_payload_contains_no_id_if_the_group_was_not_deleted(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    call = f"groupDelete(id: $id, dryRun: %s) {{ deletedGroupId {ERRORS} }}"
    dry = await mutate(call % "true", vendor, id=GROUP_ID)
    missing = Refused(NotFound(message="Gone.", about=GROUP))
    vendor.planner.plan = Plan(stages=((writes.step("/write", error=missing),),))
    by_write = await mutate(call % "false", vendor, id=GROUP_ID)
    vendor.planner.failure = missing
    by_plan = await mutate(call % "false", vendor, id=GROUP_ID)
    by_guard = await mutate(
        call % "false", sample_provider(ALL_CAPABILITIES - {Capability.GROUP_DELETE}), id=GROUP_ID
    )

    not_found = user_error("NOT_FOUND", "id", kind="NotFoundError")
    assert dry == {"deletedGroupId": None, "userErrors": []}
    assert by_write == by_plan == {"deletedGroupId": None, "userErrors": [not_found]}
    assert by_guard["deletedGroupId"] is None
