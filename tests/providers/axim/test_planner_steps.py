"""Plans that take one PUT: exact calls, and the vendor's state afterwards."""

import pytest

from groupgate.domain.catalog import Group, GroupAccess, GroupStatus
from groupgate.domain.changes import GroupChange
from groupgate.domain.provider import Provider
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.seed import (
    KITCHEN,
    UNKNOWN_PRODUCT,
    changed_groups,
    group_named,
    group_path,
    ids_outside,
    product_ids,
    product_refs,
)
from tests.providers.conftest import FailWith
from tests.providers.faults import Fault
from tests.providers.mutations import planned_writes, run_plan
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio


async def test_assigning_twenty_products_is_one_put_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    new = ids_outside(simulator, KITCHEN, 20)
    plan = await provider.planner.assign(ref, product_refs(new))
    path = f"/productGroup/{ref.native_id}"
    assert planned_writes(plan) == [
        ("PUT", path, f"In the group {ref.native_id}, add 20 products.")
    ]
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("PUT", path, {"products": new})]
    assert changed_groups(simulator) == {
        KITCHEN: {"status": True, "restrictAccess": False, "products": before + new}
    }
    assert plan.stages[0][0].products == tuple(product_refs(new))


async def test_unassigning_twenty_products_is_one_put_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    plan = await provider.planner.unassign(ref, product_refs(before[:20]))
    path = f"/productGroup/{ref.native_id}"
    assert planned_writes(plan) == [
        ("PUT", path, f"In the group {ref.native_id}, remove 20 products.")
    ]
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("PUT", path, {"productsToRemove": before[:20]})]
    assert product_ids(simulator, KITCHEN) == before[20:]


async def test_the_result_contains_the_group_of_the_response(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, "Trade customers")
    plan = await provider.planner.unassign(ref, [UNKNOWN_PRODUCT])
    await run_plan(plan)
    shown = plan.result.entity
    assert shown == (await provider.get_groups([ref]))[ref]
    assert isinstance(shown, Group)
    assert (shown.name, shown.access) == ("Trade customers", GroupAccess.RESTRICTED)


async def test_an_update_sends_the_changed_fields(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Staff picks"), product_ids(simulator, "Staff picks")
    change = GroupChange(name="Picks", status=GroupStatus.INACTIVE, access=GroupAccess.OPEN)
    plan = await provider.planner.update_group(ref, change)
    path = f"/productGroup/{ref.native_id}"
    words = f"In the group {ref.native_id}, change the name, status, access."
    assert planned_writes(plan) == [("PUT", path, words)]
    assert take_calls(simulator) == []
    await run_plan(plan)
    body = {"name": "Picks", "status": False, "restrictAccess": False}
    assert take_calls(simulator) == [("PUT", path, body)]
    assert plan.result.entity is not None
    assert plan.result.entity.status is GroupStatus.INACTIVE
    assert changed_groups(simulator) == {
        "Staff picks": {},
        "Picks": {"status": False, "restrictAccess": False, "products": before},
    }


@pytest.mark.parametrize(
    ("change", "body"),
    [
        (GroupChange(name="Lamps"), {"name": "Lamps"}),
        (GroupChange(status=GroupStatus.ACTIVE), {"status": True}),
        (GroupChange(access=GroupAccess.RESTRICTED), {"restrictAccess": True}),
    ],
)
async def test_unset_fields_are_not_sent(
    provider: Provider, simulator: AximSimulator, change: GroupChange, body: dict[str, object]
) -> None:
    ref = group_named(simulator, "Lighting")
    await run_plan(await provider.planner.update_group(ref, change))
    assert take_calls(simulator) == [("PUT", f"/productGroup/{ref.native_id}", body)]


async def test_deleting_is_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ref = group_named(simulator, "Lighting")
    plan = await provider.planner.delete_group(ref)
    path = f"/productGroup/{ref.native_id}"
    assert planned_writes(plan) == [("DELETE", path, f"Delete the group {ref.native_id}.")]
    assert take_calls(simulator) == []
    await run_plan(plan)
    assert take_calls(simulator) == [("DELETE", path, None)]
    assert changed_groups(simulator) == {"Lighting": {}}


async def test_setting_products_reads_the_group_and_sends_one_put(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    new = ids_outside(simulator, KITCHEN, 1)
    plan = await provider.planner.set_products(ref, product_refs([*new, *before[:21]]))
    path = f"/productGroup/{ref.native_id}"
    words = f"In the group {ref.native_id}, add 1 product and remove 3 products."
    assert planned_writes(plan) == [("PUT", path, words)]
    assert take_calls(simulator) == [("GET", group_path(ref.native_id), None)]
    await run_plan(plan)
    assert take_calls(simulator) == [
        ("PUT", path, {"products": new, "productsToRemove": before[21:]})
    ]
    assert product_ids(simulator, KITCHEN) == [*before[:21], *new]


async def test_setting_products_sends_no_empty_lists(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Christmas 2026"), product_ids(simulator, "Lighting")
    path = f"/productGroup/{ref.native_id}"
    await run_plan(await provider.planner.set_products(ref, product_refs(before)))
    await run_plan(await provider.planner.set_products(ref, []))
    read = ("GET", group_path(ref.native_id), None)
    assert take_calls(simulator) == [
        read,
        ("PUT", path, {"products": before}),
        read,
        ("PUT", path, {"productsToRemove": before}),
    ]
    assert changed_groups(simulator) == {}


async def test_setting_the_present_products_in_any_order_plans_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Clothing"), product_ids(simulator, "Clothing")
    assert len(before) == 64
    plan = await provider.planner.set_products(ref, product_refs(before[::-1]))
    assert plan.calls == ()
    assert take_calls(simulator) == [
        ("GET", group_path(ref.native_id), None),
        ("GET", group_path(ref.native_id, 2), None),
    ]


@pytest.mark.parametrize(
    "response",
    [
        b'{"success": true, "message": "done"}',
        b'{"success": true, "data": {"id": "0123456789abcdef01234567", "name": "Another"}}',
    ],
)
async def test_a_response_without_the_group_is_accepted(
    fail_with: FailWith, simulator: AximSimulator, response: bytes
) -> None:
    ref = group_named(simulator, KITCHEN)
    fault = Fault(body=response, reaches_vendor=True)
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": [fault]}).planner
    plan = await plans.update_group(ref, GroupChange(name="Cooking"))
    await run_plan(plan)
    assert plan.result.entity is None
    assert group_named(simulator, "Cooking") == ref


async def test_a_read_after_a_write_returns_the_new_state(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    with request_scope():
        await provider.get_groups([ref])
        await run_plan(await provider.planner.update_group(ref, GroupChange(name="Cooking")))
        group = (await provider.get_groups([ref]))[ref]
    assert isinstance(group, Group)
    assert group.name == "Cooking"
