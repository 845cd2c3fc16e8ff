"""Mutations of memberships: what they hand on, and what their payloads tell and cost."""

import pytest

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused, WriteOutcome
from groupgate.domain.planner import Plan
from groupgate.domain.refusals import NotFound
from tests.fake_planner import PlanningProvider, Writes, failure
from tests.little_shop import FOREIGN, GROUP, A, B, C, D, members, shop
from tests.schema.mutations.asking import WHY, error, ids, mutate

pytestmark = pytest.mark.anyio

PLANNED = {"method": "POST", "path": "/write", "description": "Send /write."}
PRODUCTS = "group { products { nodes { name } } }"
FIELDS = f"{PRODUCTS} {WHY} plan {{ method path description }}"

(GROUP_ID, A_ID) = ids(GROUP, A)


@pytest.fixture
def writes() -> Writes:
    """What was sent to the vendor."""
    return Writes()


@pytest.fixture
def vendor(writes: Writes) -> PlanningProvider:
    """A vendor whose changes take one write, after which its first group holds C and A."""
    made = shop()

    def fill() -> None:
        made.memberships = {GROUP: members(C, A)}

    made.planner.plan = Plan(stages=((writes.step("/write", does=fill),),))
    return made


def holding(*names: str) -> dict[str, object]:
    """A group as `PRODUCTS` selects it."""
    return {"products": {"nodes": [{"name": name} for name in names]}}


CHANGES = {
    "groupReorderProducts(id: $id, productIds: $ids": ((C, A, B), "reorder_products"),
    "groupAssignProducts(id: $id, productIds: $ids": ((D, A), "assign"),
    "groupUnassignProducts(id: $id, productIds: $ids": ((D, A), "unassign"),
    "groupSetProducts(id: $id, productIds: $ids": ((D, A), "set_products"),
}


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_is_made_and_the_group_shown_as_it_is_now(
    vendor: PlanningProvider, call: str
) -> None:
    products, name = CHANGES[call]

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=ids(*products))

    assert payload == {"group": holding("C", "A"), "userErrors": [], "plan": [PLANNED]}
    assert vendor.planner.asked == [(name, GROUP, products)]


@pytest.mark.parametrize("call", CHANGES)
async def test_a_dry_run_shows_the_group_as_it_still_is(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    products, _ = CHANGES[call]
    dry = f"{call}, dryRun: true) {{ {FIELDS} }}"

    payload = await mutate(dry, vendor, id=GROUP_ID, ids=ids(*products))

    assert payload == {"group": holding("A", "B", "C"), "userErrors": [], "plan": [PLANNED]}
    assert writes.sent == []


@pytest.mark.parametrize("call", CHANGES)
async def test_wrong_ids_are_told_with_their_index_and_the_group_as_it_is(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    wrong = ["", *ids(GROUP, FOREIGN, A, A)]

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=wrong)

    assert payload["group"] == holding("A", "B", "C")
    assert payload["plan"] == []
    assert payload["userErrors"][:4] == [
        error("INVALID", "productIds", "0"),
        error("INVALID", "productIds", "1"),
        error("WRONG_PROVIDER", "productIds", "2"),
        error("DUPLICATE", "productIds", "4"),
    ]
    assert writes.sent == []


@pytest.mark.parametrize("call", CHANGES)
async def test_too_many_ids_are_refused_without_a_call(vendor: PlanningProvider, call: str) -> None:
    many = [*ids(A)] * 1001

    payload = await mutate(f"{call}) {{ {FIELDS} }}", vendor, id=GROUP_ID, ids=many)

    assert payload == {"group": None, "userErrors": [error("TOO_LONG", "productIds")], "plan": []}
    assert vendor.calls == []


@pytest.mark.parametrize("call", CHANGES)
async def test_a_change_can_depend_on_the_revision(
    vendor: PlanningProvider, writes: Writes, call: str
) -> None:
    stale = f'{call}, ifRevision: "older") {{ {WHY} }}'

    payload = await mutate(stale, vendor, id=GROUP_ID, ids=ids(C, A, B))

    assert payload == {"userErrors": [error("STALE", "ifRevision", kind="ConflictError")]}
    assert writes.sent == []


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ("groupAssignProducts(id: $id, productIds: $ids", "assignedProductIds"),
        ("groupUnassignProducts(id: $id, productIds: $ids", "unassignedProductIds"),
    ],
)
class TestWhatIsDone:
    """The payload tells which products stand as asked."""

    async def test_all_are_told_in_the_order_asked_with_those_that_took_no_write(
        self, vendor: PlanningProvider, writes: Writes, call: str, field: str
    ) -> None:
        vendor.planner.plan = Plan(stages=((writes.step("/1", B), writes.step("/2", D)),))

        payload = await mutate(
            f"{call}) {{ {field} {WHY} }}", vendor, id=GROUP_ID, ids=ids(D, A, B)
        )

        assert payload == {field: ids(D, A, B), "userErrors": []}

    async def test_those_that_are_not_done_are_left_out_and_told(
        self, vendor: PlanningProvider, writes: Writes, call: str, field: str
    ) -> None:
        no_such = Refused(NotFound(message="No such product.", about=B))
        stages = (
            (writes.step("/1", D), writes.step("/2", B, fails=no_such)),
            (writes.step("/3", C, fails=failure(WriteOutcome.UNKNOWN)),),
        )
        vendor.planner.plan = Plan(stages=stages)

        payload = await mutate(
            f"{call}) {{ {field} {WHY} plan {{ path }} }}",
            vendor,
            id=GROUP_ID,
            ids=ids(C, B, A, D),
        )

        assert payload == {
            field: ids(A, D),
            "userErrors": [
                error("NOT_FOUND", "productIds", "1", kind="NotFoundError"),
                error("INCOMPLETE", "productIds", "0", kind="IncompleteError"),
            ],
            "plan": [{"path": "/1"}],
        }

    async def test_none_are_told_where_nothing_was_carried_out(
        self, vendor: PlanningProvider, writes: Writes, call: str, field: str
    ) -> None:
        dry = f"{call}, dryRun: true) {{ {field} {WHY} }}"

        planned = await mutate(dry, vendor, id=GROUP_ID, ids=ids(A))
        refused = await mutate(f"{call}) {{ {field} }}", vendor, id=GROUP_ID, ids=ids(A, A))
        unsupported = await mutate(
            f"{call}) {{ {field} }}", shop(frozenset()), id=GROUP_ID, ids=ids(A)
        )

        assert planned == {field: [], "userErrors": []}
        assert refused == unsupported == {field: []}
        assert writes.sent == []

    async def test_nothing_asked_for_is_done(
        self, vendor: PlanningProvider, writes: Writes, call: str, field: str
    ) -> None:
        payload = await mutate(
            f"{call}) {{ {field} {WHY} plan {{ path }} }}", vendor, id=GROUP_ID, ids=[]
        )

        assert payload == {field: [], "userErrors": [], "plan": []}
        assert (vendor.calls, writes.sent) == (["forget"], [])


UPDATE = "groupProductUpdate(groupId: $id, productId: $other, input: {status: INACTIVE}%s)"


async def test_a_product_is_taken_from_sale_in_one_group(
    vendor: PlanningProvider, writes: Writes
) -> None:
    call = f"{UPDATE} {{ {FIELDS} }}"
    dry = await mutate(call % ", dryRun: true", vendor, id=GROUP_ID, other=A_ID)
    assert writes.sent == []
    payload = await mutate(call % "", vendor, id=GROUP_ID, other=A_ID)

    assert dry == {"group": holding("A", "B", "C"), "userErrors": [], "plan": [PLANNED]}
    assert payload == {"group": holding("C", "A"), "userErrors": [], "plan": [PLANNED]}
    asked = ("update_membership", GROUP, A, GroupProductStatus.INACTIVE)
    assert vendor.planner.asked == [asked, asked]


async def test_wrong_ids_of_a_membership_are_told_by_their_arguments(
    vendor: PlanningProvider,
) -> None:
    call = f"{UPDATE} {{ {WHY} }}" % ""

    wrong_group = await mutate(call, vendor, id=A_ID, other=A_ID)
    wrong_product = await mutate(call, vendor, id=GROUP_ID, other=GROUP_ID)

    assert wrong_group == {"userErrors": [error("INVALID", "groupId")]}
    assert wrong_product == {"userErrors": [error("INVALID", "productId")]}
    assert vendor.calls == []


async def test_a_membership_can_depend_on_the_revision_of_its_group(
    vendor: PlanningProvider,
) -> None:
    call = f"{UPDATE} {{ {WHY} }}" % ', ifRevision: "older"'

    payload = await mutate(call, vendor, id=GROUP_ID, other=A_ID)

    assert payload == {"userErrors": [error("STALE", "ifRevision", kind="ConflictError")]}
