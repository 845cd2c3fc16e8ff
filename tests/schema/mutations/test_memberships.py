"""Mutations of memberships: calls to the planner, payloads and vendor calls."""

import pytest

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import NotFound
from tests.fake_planner import PlanningProvider, StepRecorder, failure
from tests.sample_catalog import FOREIGN_PRODUCT, GROUP, A, B, C, D, members, sample_provider
from tests.schema.mutations.helpers import ERRORS, ids, mutate, user_error

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
PRODUCTS = "group { products { nodes { name } } }"
FIELDS = f"{PRODUCTS} {ERRORS} plan {{ method path description }}"

(GROUP_ID, A_ID) = ids(GROUP, A)


@pytest.fixture
def writes() -> StepRecorder:
    """What was sent to the vendor."""
    return StepRecorder()


@pytest.fixture
def vendor(writes: StepRecorder) -> PlanningProvider:
    """Return a vendor whose changes take one write, which puts C and A into its first group."""
    fake = sample_provider()

    def fill() -> None:
        fake.memberships = {GROUP: members(C, A)}

    fake.planner.plan = Plan(stages=((writes.step("/write", on_send=fill),),))
    return fake


def holding(*names: str) -> dict[str, object]:
    """Return a group with these products as `PRODUCTS` selects it."""
    return {"products": {"nodes": [{"name": name} for name in names]}}


CHANGES = {
    "groupReorderProducts(id: $id, productIds: $ids": ((C, A, B), "reorder_products"),
    "groupAssignProducts(id: $id, productIds: $ids": ((D, A), "assign"),
    "groupUnassignProducts(id: $id, productIds: $ids": ((D, A), "unassign"),
    "groupSetProducts(id: $id, productIds: $ids": ((D, A), "set_products"),
}


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_is_made_and_the_payload_contains_the_changed_group(
    vendor: PlanningProvider, call: str
) -> None:
    products, name = CHANGES[call]

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=ids(*products))

    assert payload == {"group": holding("C", "A"), "userErrors": [], "plan": [PLANNED]}
    assert vendor.planner.requests == [(name, GROUP, products)]


@pytest.mark.parametrize("call", CHANGES)
async def test_a_dry_run_returns_the_unchanged_group(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    products, _ = CHANGES[call]
    dry = f"{call}, dryRun: true) {{ {FIELDS} }}"

    payload = await mutate(dry, vendor, id=GROUP_ID, ids=ids(*products))

    assert payload == {"group": holding("A", "B", "C"), "userErrors": [], "plan": [PLANNED]}
    assert writes.sent == []


@pytest.mark.parametrize("call", CHANGES)
async def test_errors_for_invalid_ids_name_their_index(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    wrong = ["", *ids(GROUP, FOREIGN_PRODUCT, A, A)]

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=wrong)

    assert payload["group"] == holding("A", "B", "C")
    assert payload["plan"] == []
    assert payload["userErrors"][:4] == [
        user_error("INVALID", "productIds", "0"),
        user_error("INVALID", "productIds", "1"),
        user_error("WRONG_PROVIDER", "productIds", "2"),
        user_error("DUPLICATE", "productIds", "4"),
    ]
    assert writes.sent == []


@pytest.mark.parametrize("call", CHANGES)
async def test_too_many_ids_are_refused_without_a_vendor_call(
    vendor: PlanningProvider, call: str
) -> None:
    many = [*ids(A)] * 1001

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=many)

    assert payload == {
        "group": None,
        "userErrors": [user_error("TOO_LONG", "productIds")],
        "plan": [],
    }
    assert vendor.calls == []


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_can_depend_on_the_revision(
    vendor: PlanningProvider, writes: StepRecorder, call: str
) -> None:
    stale = f'{call}, ifRevision: "older") {{ {ERRORS} }}'

    payload = await mutate(stale, vendor, id=GROUP_ID, ids=ids(C, A, B))

    assert payload == {"userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")]}
    assert writes.sent == []


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("groupAssignProducts(id: $id, productIds: $ids", "assignedProductIds"),
        ("groupUnassignProducts(id: $id, productIds: $ids", "unassignedProductIds"),
    ],
)
class TestDoneIds:
    """The payload lists the ids for which the change was fake."""

    async def test_all_ids_are_listed_in_the_requested_order_even_those_that_needed_no_write(
        self, vendor: PlanningProvider, writes: StepRecorder, call: str, field: str
    ) -> None:
        vendor.planner.plan = Plan(stages=((writes.step("/1", B), writes.step("/2", D)),))

        payload = await mutate(
            f"{call}) {{ {field} {ERRORS} }}", vendor, id=GROUP_ID, ids=ids(D, A, B)
        )

        assert payload == {field: ids(D, A, B), "userErrors": []}

    async def test_ids_whose_change_failed_are_not_listed_but_have_errors(
        self, vendor: PlanningProvider, writes: StepRecorder, call: str, field: str
    ) -> None:
        no_such = Refused(NotFound(message="No such product.", about=B))
        stages = (
            (writes.step("/1", D), writes.step("/2", B, error=no_such)),
            (writes.step("/3", C, error=failure(WriteOutcome.UNKNOWN)),),
        )
        vendor.planner.plan = Plan(stages=stages)

        payload = await mutate(
            f"{call}) {{ {field} {ERRORS} plan {{ path }} }}",
            vendor,
            id=GROUP_ID,
            ids=ids(C, B, A, D),
        )

        assert payload == {
            field: ids(A, D),
            "userErrors": [
                user_error("NOT_FOUND", "productIds", "1", kind="NotFoundError"),
                user_error("INCOMPLETE", "productIds", "0", kind="IncompleteError"),
            ],
            "plan": [{"path": "/1"}],
        }

    async def test_no_ids_are_listed_if_the_mutation_was_not_executed(
        self, vendor: PlanningProvider, writes: StepRecorder, call: str, field: str
    ) -> None:
        dry = f"{call}, dryRun: true) {{ {field} {ERRORS} }}"

        planned = await mutate(dry, vendor, id=GROUP_ID, ids=ids(A))
        refused = await mutate(f"{call}) {{ {field} }}", vendor, id=GROUP_ID, ids=ids(A, A))
        unsupported = await mutate(
            f"{call}) {{ {field} }}", sample_provider(frozenset()), id=GROUP_ID, ids=ids(A)
        )

        assert planned == {field: [], "userErrors": []}
        assert refused == unsupported == {field: []}
        assert writes.sent == []

    async def test_an_empty_list_of_ids_is_a_success(
        self, vendor: PlanningProvider, writes: StepRecorder, call: str, field: str
    ) -> None:
        payload = await mutate(
            f"{call}) {{ {field} {ERRORS} plan {{ path }} }}", vendor, id=GROUP_ID, ids=[]
        )

        assert payload == {field: [], "userErrors": [], "plan": []}
        assert (vendor.calls, writes.sent) == (["forget"], [])


UPDATE = "groupProductUpdate(groupId: $id, productId: $other, input: {status: INACTIVE}%s)"


async def test_a_product_can_be_made_inactive_in_one_group(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    call = f"{UPDATE} {{ {FIELDS} }}"
    dry = await mutate(call % ", dryRun: true", vendor, id=GROUP_ID, other=A_ID)
    assert writes.sent == []
    payload = await mutate(call % "", vendor, id=GROUP_ID, other=A_ID)

    assert dry == {"group": holding("A", "B", "C"), "userErrors": [], "plan": [PLANNED]}
    assert payload == {"group": holding("C", "A"), "userErrors": [], "plan": [PLANNED]}
    asked = ("update_membership", GROUP, A, GroupProductStatus.INACTIVE)
    assert vendor.planner.requests == [asked, asked]


async def test_the_errors_for_invalid_ids_of_a_membership_name_their_arguments(
    vendor: PlanningProvider,
) -> None:
    call = f"{UPDATE} {{ {ERRORS} }}" % ""

    wrong_group = await mutate(call, vendor, id=A_ID, other=A_ID)
    wrong_product = await mutate(call, vendor, id=GROUP_ID, other=GROUP_ID)

    assert wrong_group == {"userErrors": [user_error("INVALID", "groupId")]}
    assert wrong_product == {"userErrors": [user_error("INVALID", "productId")]}
    assert vendor.calls == []


async def test_a_membership_can_depend_on_the_revision_of_its_group(
    vendor: PlanningProvider,
) -> None:
    call = f"{UPDATE} {{ {ERRORS} }}" % ', ifRevision: "older"'

    payload = await mutate(call, vendor, id=GROUP_ID, other=A_ID)

    assert payload == {"userErrors": [user_error("STALE", "ifRevision", kind="ConflictError")]}
