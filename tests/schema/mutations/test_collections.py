"""Mutations of collections: what they hand on, and what their payloads tell and cost."""

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.planner import Plan, PlanResult
from groupgate.domain.refs import CollectionRef, ProviderKey
from tests.fake_planner import PlanningProvider, Writes
from tests.little_shop import COLLECTION, EVERYTHING, GROUP, OTHER, A, B, shop
from tests.schema.mutations.asking import WHY, error, ids, mutate

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
FIELDS = f"productCollection {{ id name }} {WHY} plan {{ method path description }}"

(COLLECTION_ID, GROUP_ID) = ids(COLLECTION, GROUP)

DONE = {
    "productCollection": {"id": COLLECTION_ID, "name": "Suite"},
    "userErrors": [],
    "plan": [PLANNED],
}


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor whose changes take one write."""
    made = shop()
    made.planner.plan = Plan(
        stages=((writes.step("/write"),),), result=PlanResult(collection=COLLECTION)
    )
    return made


CHANGES = {
    'productCollectionUpdate(id: $id, input: {name: "New"}': (
        "update_collection",
        COLLECTION,
        CollectionChange(name="New"),
    ),
    "productCollectionReorderGroups(id: $id, groupIds: $ids": (
        "reorder_groups",
        COLLECTION,
        (OTHER, GROUP),
    ),
    "productCollectionArchive(id: $id": ("archive_collection", COLLECTION),
    "productCollectionUnarchive(id: $id": ("unarchive_collection", COLLECTION),
}


def given(call: str) -> dict[str, object]:
    """The variables that a call uses."""
    order = {"ids": ids(OTHER, GROUP)} if "$ids" in call else {}
    return {"id": COLLECTION_ID, **order}


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_is_made_and_the_collection_shown(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call))

    assert payload == DONE
    assert vendor.planner.asked == [CHANGES[call]]
    assert writes.sent == ["/write"]


@pytest.mark.parametrize("call", CHANGES)
async def test_a_dry_run_makes_no_change(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    payload = await mutate(f"{call}, dryRun: true) {{ {FIELDS} }}", vendor, **given(call))

    assert payload == DONE
    assert vendor.planner.asked == [CHANGES[call]]
    assert writes.sent == []


@pytest.mark.parametrize("call", [call for call in CHANGES if "Unarchive" not in call])
async def test_a_change_can_depend_on_the_revision(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    payload = await mutate(f'{call}, ifRevision: "older") {{ {WHY} }}', vendor, **given(call))

    assert payload == {"userErrors": [error("STALE", "ifRevision", kind="ConflictError")]}
    assert (vendor.planner.asked, writes.sent) == ([], [])


@pytest.mark.parametrize("call", CHANGES)
async def test_the_id_of_something_else_is_a_user_error_without_a_call(
    vendor: PlanningProvider, call: str
) -> None:
    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call) | {"id": GROUP_ID})

    assert payload == {
        "productCollection": None,
        "userErrors": [error("INVALID", "id")],
        "plan": [],
    }
    assert vendor.calls == []


@pytest.mark.parametrize("call", CHANGES)
async def test_an_implicit_collection_cannot_be_changed(call: str) -> None:
    groups_only = {Capability.GROUP_CREATE, Capability.GROUP_ASSIGN_PRODUCTS}
    vendor = shop(frozenset(groups_only))
    (implicit,) = ids(CollectionRef(provider=ProviderKey.DODO))

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, **given(call) | {"id": implicit})

    assert payload == {
        "productCollection": None,
        "userErrors": [error("UNSUPPORTED", kind="UnsupportedError")],
        "plan": [],
    }
    assert vendor.calls == []


async def test_products_that_did_not_come_back_are_told(vendor: PlanningProvider) -> None:
    vendor.planner.plan = Plan(result=PlanResult(excluded=(B, A)))
    call = "productCollectionUnarchive(id: $id%s) { excludedProductIds }"

    payload = await mutate(call % "", vendor, id=COLLECTION_ID)
    dry = await mutate(call % ", dryRun: true", vendor, id=COLLECTION_ID)

    assert payload == {"excludedProductIds": ids(B, A)}
    assert dry == {"excludedProductIds": []}


CREATE = f"""productCollectionCreate(
  provider: DODO, input: {{name: "New"}}, group: {{name: null}}, productIds: $ids%s
) {{ {FIELDS} }}"""


async def test_a_new_collection_is_shown(vendor: PlanningProvider) -> None:
    payload = await mutate(CREATE % "", vendor, ids=ids(B, A))

    assert payload == DONE
    group = GroupChange(name=None)
    assert vendor.planner.asked == [
        ("create_collection", CollectionChange(name="New"), group, (B, A))
    ]
    assert vendor.calls == ["forget", "get_collections"]


async def test_a_collection_that_is_only_planned_is_not_there(vendor: PlanningProvider) -> None:
    payload = await mutate(CREATE % ", dryRun: true", vendor, ids=ids(A))

    assert payload == DONE | {"productCollection": None}


async def test_a_collection_that_is_refused_is_not_there() -> None:
    vendor = shop(EVERYTHING - {Capability.GROUP_UNNAMED})

    payload = await mutate(CREATE % "", vendor, ids=[*ids(A, GROUP), "nonsense"])

    assert payload == {
        "productCollection": None,
        "userErrors": [
            error("BLANK", "group", "name"),
            error("INVALID", "productIds", "1"),
            error("INVALID", "productIds", "2"),
        ],
        "plan": [],
    }
    assert vendor.calls == []


async def test_a_vendor_that_is_not_configured_makes_no_collection() -> None:
    payload = await mutate(CREATE % "", ids=[])

    assert payload == {
        "productCollection": None,
        "userErrors": [error("INVALID", "provider")],
        "plan": [],
    }
