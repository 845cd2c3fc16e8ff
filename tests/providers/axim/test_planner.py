"""Changing groups and their products: exact calls, and what the vendor then holds."""

from collections.abc import Awaitable, Callable

import pytest

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, GroupAccess, GroupProductStatus, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import (
    Refused,
)
from groupgate.domain.planner import Plan, Planner
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import Unsupported
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.changing import (
    GONE,
    NOWHERE,
    asked,
    carry,
    changed,
    group_named,
    held,
    loose,
    refs,
    told,
)
from tests.providers.axim.faults import (
    FailWith,
    Fault,
)
from tests.providers.axim.reading import COLLECTION, UNKNOWN, one_group

pytestmark = pytest.mark.anyio

IT_IS_GONE = "It does not exist, or no longer."
PRODUCT_IS_GONE = "This product does not exist, or no longer."
NOT_ACCEPTED = "Axim Commerce does not accept this change."
KITCHEN = "Kitchen & dining"


async def test_assigning_twenty_is_one_put_and_no_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    new = loose(simulator, KITCHEN, 20)
    plan = await provider.planner.assign(ref, refs(new))
    path = f"/productGroup/{ref.native_id}"
    assert told(plan) == [("PUT", path, f"In the group {ref.native_id}, add 20 products.")]
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("PUT", path, {"products": new})]
    assert changed(simulator) == {
        KITCHEN: {"status": True, "restrictAccess": False, "products": before + new}
    }
    assert plan.stages[0][0].products == tuple(refs(new))


async def test_unassigning_twenty_is_one_put_and_no_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    plan = await provider.planner.unassign(ref, refs(before[:20]))
    path = f"/productGroup/{ref.native_id}"
    assert told(plan) == [("PUT", path, f"In the group {ref.native_id}, take out 20 products.")]
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("PUT", path, {"productsToRemove": before[:20]})]
    assert held(simulator, KITCHEN) == before[20:]


async def test_the_answer_to_a_put_shows_the_group(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, "Trade customers")
    plan = await provider.planner.unassign(ref, [NOWHERE])
    await carry(plan)
    shown = plan.result.entity
    assert shown == (await provider.get_groups([ref]))[ref]
    assert isinstance(shown, Group)
    assert (shown.name, shown.access) == ("Trade customers", GroupAccess.RESTRICTED)


async def test_an_update_sends_what_is_set_and_is_answered_from_its_body(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Staff picks"), held(simulator, "Staff picks")
    change = GroupChange(name="Picks", status=GroupStatus.INACTIVE, access=GroupAccess.OPEN)
    plan = await provider.planner.update_group(ref, change)
    path = f"/productGroup/{ref.native_id}"
    words = f"In the group {ref.native_id}, change its name, status, access."
    assert told(plan) == [("PUT", path, words)]
    assert asked(simulator) == []
    await carry(plan)
    body = {"name": "Picks", "status": False, "restrictAccess": False}
    assert asked(simulator) == [("PUT", path, body)]
    assert plan.result.entity is not None
    assert plan.result.entity.status is GroupStatus.INACTIVE
    assert changed(simulator) == {
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
async def test_what_is_unset_is_left_out(
    provider: Provider, simulator: AximSimulator, change: GroupChange, body: dict[str, object]
) -> None:
    ref = group_named(simulator, "Lighting")
    await carry(await provider.planner.update_group(ref, change))
    assert asked(simulator) == [("PUT", f"/productGroup/{ref.native_id}", body)]


async def test_deleting_is_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ref = group_named(simulator, "Lighting")
    plan = await provider.planner.delete_group(ref)
    path = f"/productGroup/{ref.native_id}"
    assert told(plan) == [("DELETE", path, f"Delete the group {ref.native_id}.")]
    assert asked(simulator) == []
    await carry(plan)
    assert asked(simulator) == [("DELETE", path, None)]
    assert changed(simulator) == {"Lighting": {}}


async def test_setting_reads_the_group_and_makes_one_put(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    new = loose(simulator, KITCHEN, 1)
    plan = await provider.planner.set_products(ref, refs([*new, *before[:21]]))
    path = f"/productGroup/{ref.native_id}"
    words = f"In the group {ref.native_id}, add 1 product and take out 3 products."
    assert told(plan) == [("PUT", path, words)]
    assert asked(simulator) == [("GET", one_group(ref.native_id), None)]
    await carry(plan)
    assert asked(simulator) == [("PUT", path, {"products": new, "productsToRemove": before[21:]})]
    assert held(simulator, KITCHEN) == [*before[:21], *new]


async def test_setting_leaves_out_what_there_is_none_of(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Christmas 2026"), held(simulator, "Lighting")
    path = f"/productGroup/{ref.native_id}"
    await carry(await provider.planner.set_products(ref, refs(before)))
    await carry(await provider.planner.set_products(ref, []))
    read = ("GET", one_group(ref.native_id), None)
    assert asked(simulator) == [
        read,
        ("PUT", path, {"products": before}),
        read,
        ("PUT", path, {"productsToRemove": before}),
    ]
    assert changed(simulator) == {}


async def test_setting_what_is_there_in_any_order_plans_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, before = group_named(simulator, "Clothing"), held(simulator, "Clothing")
    assert len(before) == 64
    plan = await provider.planner.set_products(ref, refs(before[::-1]))
    assert plan.calls == ()
    assert asked(simulator) == [
        ("GET", one_group(ref.native_id), None),
        ("GET", one_group(ref.native_id, 2), None),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "message": "done"},
        {"success": True, "data": {"id": UNKNOWN, "name": "Another"}},
    ],
)
async def test_an_answer_that_does_not_show_the_group_is_enough(
    fail_with: FailWith, simulator: AximSimulator, answer: object
) -> None:
    ref = group_named(simulator, KITCHEN)
    fault = Fault(json=answer, reaches_vendor=True)
    plans = fail_with({f"PUT /productGroup/{ref.native_id}": [fault]}).planner
    plan = await plans.update_group(ref, GroupChange(name="Cooking"))
    await carry(plan)
    assert plan.result.entity is None
    assert group_named(simulator, "Cooking") == ref


async def test_a_write_makes_what_was_read_before_fresh(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref = group_named(simulator, KITCHEN)
    with request_scope():
        await provider.get_groups([ref])
        await carry(await provider.planner.update_group(ref, GroupChange(name="Cooking")))
        group = (await provider.get_groups([ref]))[ref]
    assert isinstance(group, Group)
    assert group.name == "Cooking"


UNSUPPORTED: list[tuple[Capability, Callable[[Planner], Awaitable[Plan]]]] = [
    (
        Capability.PRODUCT_COLLECTION_UPDATE,
        lambda plans: plans.update_collection(COLLECTION, CollectionChange()),
    ),
    (
        Capability.PRODUCT_COLLECTION_REORDER_GROUPS,
        lambda plans: plans.reorder_groups(COLLECTION, [GONE]),
    ),
    (
        Capability.PRODUCT_COLLECTION_CREATE,
        lambda plans: plans.create_collection(CollectionChange(), GroupChange(), []),
    ),
    (
        Capability.PRODUCT_COLLECTION_ARCHIVE,
        lambda plans: plans.archive_collection(COLLECTION),
    ),
    (
        Capability.PRODUCT_COLLECTION_UNARCHIVE,
        lambda plans: plans.unarchive_collection(COLLECTION),
    ),
    (Capability.GROUP_REORDER_PRODUCTS, lambda plans: plans.reorder_products(GONE, [NOWHERE])),
    (
        Capability.GROUP_PRODUCT_UPDATE,
        lambda plans: plans.update_membership(GONE, NOWHERE, GroupProductStatus.ACTIVE),
    ),
]


@pytest.mark.parametrize(("capability", "ask"), UNSUPPORTED)
async def test_what_axim_cannot_do_is_refused_without_a_call(
    provider: Provider,
    simulator: AximSimulator,
    capability: Capability,
    ask: Callable[[Planner], Awaitable[Plan]],
) -> None:
    with pytest.raises(Refused) as caught:
        await ask(provider.planner)
    assert capability not in provider.capabilities
    assert caught.value.refusals == (
        Unsupported(
            message=f"Axim Commerce has no {capability.value}.",
            provider=ProviderKey.AXIM,
            capability=capability,
        ),
    )
    assert asked(simulator) == []
