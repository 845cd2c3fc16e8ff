"""Mutations of collections: their calls to the planner, their payloads and their vendor calls."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from tests.fake_planner import PlanningProvider, StepRecorder
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    GROUP,
    OTHER_GROUP,
    A,
    B,
    sample_provider,
)
from tests.schema.mutations.helpers import ERRORS, ids, mutate, user_error

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
FIELDS = f"productCollection {{ id name }} {ERRORS} plan {{ method path description }}"

(COLLECTION_ID, GROUP_ID) = ids(COLLECTION, GROUP)

DONE = {
    "productCollection": {"id": COLLECTION_ID, "name": "Suite"},
    "userErrors": [],
    "plan": [PLANNED],
}


@pytest.fixture
def writes() -> StepRecorder:
    """What was sent to the vendor."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor whose changes take one write."""
    fake = sample_provider()
    fake.planner.plan = Plan(
        stages=((writes.step("/write"),),), result=PlanResult(collection=COLLECTION)
    )
    return fake


CHANGES = {
    'productCollectionUpdate(id: $id, input: {name: "New"}': (
        "update_collection",
        COLLECTION,
        CollectionChange(name="New"),
    ),
    "productCollectionReorderGroups(id: $id, groupIds: $ids": (
        "reorder_groups",
        COLLECTION,
        (OTHER_GROUP, GROUP),
    ),
    "productCollectionArchive(id: $id": ("archive_collection", COLLECTION),
    "productCollectionUnarchive(id: $id": ("unarchive_collection", COLLECTION),
}


def given(call: str) -> dict[str, object]:
    """Return the variables that a call uses."""
    order = {"ids": ids(OTHER_GROUP, GROUP)} if "$ids" in call else {}
    return {"id": COLLECTION_ID, **order}


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_is_made_and_the_payload_contains_the_collection(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call))

    assert payload == DONE
    assert vendor.planner.requests == [CHANGES[call]]
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("call", CHANGES)
async def test_a_dry_run_changes_nothing(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    payload = await mutate(f"{call}, dryRun: true) {{ {FIELDS} }}", vendor, **given(call))

    assert payload == DONE
    assert vendor.planner.requests == [CHANGES[call]]
    assert writes.sent == []


@pytest.mark.parametrize("call", [call for call in CHANGES if "Unarchive" not in call])
async def test_a_change_can_depend_on_the_revision(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    payload = await mutate(f'{call}, ifRevision: "older") {{ {ERRORS} }}', vendor, **given(call))

    assert payload == {"userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")]}
    assert (vendor.planner.requests, writes.sent) == ([], [])


@pytest.mark.parametrize("call", CHANGES)
async def test_the_id_of_another_kind_is_a_user_error_without_a_vendor_call(
    vendor: PlanningProvider, call: str
) -> None:
    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call) | {"id": GROUP_ID})

    assert payload == {
        "productCollection": None,
        "userErrors": [user_error("INVALID", "id")],
        "plan": [],
    }
    assert vendor.calls == []


@pytest.mark.parametrize("call", CHANGES)
async def test_an_implicit_collection_cannot_be_changed(call: str) -> None:
    groups_only = {Capability.GROUP_CREATE, Capability.GROUP_ASSIGN_PRODUCTS}
    vendor = sample_provider(frozenset(groups_only))
    (implicit,) = ids(CollectionRef(provider=ProviderKey.DODO))

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call) | {"id": implicit})

    assert payload == {
        "productCollection": None,
        "userErrors": [user_error("UNSUPPORTED", kind="UnsupportedError")],
        "plan": [],
    }
    assert vendor.calls == []


async def test_an_unarchive_payload_lists_the_excluded_products(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(excluded=(B, A)))
    call = "productCollectionUnarchive(id: $id%s) { excludedProductIds }"

    payload = await mutate(call % "", vendor, id=COLLECTION_ID)
    dry = await mutate(call % ", dryRun: true", vendor, id=COLLECTION_ID)

    assert payload == {"excludedProductIds": ids(B, A)}
    assert dry == {"excludedProductIds": []}


CREATE = f"""productCollectionCreate(
  provider: DODO, input: {{name: "New"}}, group: {{name: null}}, productIds: $ids%s
) {{ {FIELDS} }}"""


async def test_the_payload_contains_the_new_collection(vendor: PlanningProvider) -> None:
    payload = await mutate(CREATE % "", vendor, ids=ids(B, A))

    assert payload == DONE
    group = GroupChange(name=None)
    assert vendor.planner.requests == [
        ("create_collection", CollectionChange(name="New"), group, (B, A))
    ]
    assert vendor.calls == ["forget", "get_collections"]


async def test_a_dry_run_creates_no_collection(vendor: PlanningProvider) -> None:
    payload = await mutate(CREATE % ", dryRun: true", vendor, ids=ids(A))

    assert payload == DONE | {"productCollection": None}


async def test_a_refused_mutation_creates_no_collection() -> None:
    vendor = sample_provider(ALL_CAPABILITIES - {Capability.GROUP_UNNAMED})

    payload = await mutate(CREATE % "", vendor, ids=[*ids(A, GROUP), "nonsense"])

    assert payload == {
        "productCollection": None,
        "userErrors": [
            user_error("BLANK", "group", "name"),
            user_error("INVALID", "productIds", "1"),
            user_error("INVALID", "productIds", "2"),
        ],
        "plan": [],
    }
    assert vendor.calls == []


async def test_a_collection_at_an_unconfigured_vendor_is_refused() -> None:
    payload = await mutate(CREATE % "", ids=[])

    assert payload == {
        "productCollection": None,
        "userErrors": [user_error("INVALID", "provider")],
        "plan": [],
    }
