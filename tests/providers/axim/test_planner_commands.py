"""The mutations as commands: how many calls each costs at Axim, and what it tells."""

import pytest

from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    reorder_products,
    set_products,
    unassign_products,
)
from groupgate.domain.catalog import Group, GroupAccess
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Incomplete, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.changing import (
    NOWHERE,
    asked,
    changed,
    group_named,
    held,
    loose,
    made,
    refs,
    runner,
)
from tests.providers.axim.faults import LOST_CALL, OUT_OF_REACH, FailWith
from tests.providers.axim.reading import COLLECTION, UNKNOWN, batch, one_group

pytestmark = pytest.mark.anyio

KITCHEN = "Kitchen & dining"
CREATE = "/productGroup/create"


async def test_assigning_twenty_is_one_put(provider: Provider, simulator: AximSimulator) -> None:
    ref, new = group_named(simulator, KITCHEN), loose(simulator, KITCHEN, 20)
    with request_scope():
        result = await assign_products(runner(provider), ref, refs(new))
    path = f"/productGroup/{ref.native_id}"
    assert asked(simulator) == [("PUT", path, {"products": new})]
    assert (made(result), result.refusals, result.unconfirmed_products) == (
        [("PUT", path)],
        (),
        frozenset(),
    )
    assert held(simulator, KITCHEN)[-20:] == new


async def test_unassigning_twenty_is_one_put(provider: Provider, simulator: AximSimulator) -> None:
    ref, out = group_named(simulator, KITCHEN), held(simulator, KITCHEN)[:20]
    with request_scope():
        result = await unassign_products(runner(provider), ref, refs(out))
    path = f"/productGroup/{ref.native_id}"
    assert asked(simulator) == [("PUT", path, {"productsToRemove": out})]
    assert (made(result), result.refusals) == ([("PUT", path)], ())
    assert len(held(simulator, KITCHEN)) == 4


async def test_an_update_is_one_put_and_shows_the_group_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, change = group_named(simulator, KITCHEN), GroupChange(access=GroupAccess.RESTRICTED)
    with request_scope():
        mutation = runner(provider)
        result = await update_group(mutation, ref, change)
        group = await mutation.provider_loaders.groups.load(ref)
    path = f"/productGroup/{ref.native_id}"
    assert asked(simulator) == [("PUT", path, {"restrictAccess": True})]
    assert (made(result), result.refusals) == ([("PUT", path)], ())
    assert isinstance(group, Group)
    assert group.access is GroupAccess.RESTRICTED


async def test_reordering_is_refused_without_a_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, order = group_named(simulator, KITCHEN), refs(held(simulator, KITCHEN)[::-1])
    with pytest.raises(Refused) as caught:
        await reorder_products(runner(provider), ref, order)
    assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert asked(simulator) == []


async def test_setting_what_is_there_is_reads_only(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, there = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    with request_scope():
        result = await set_products(runner(provider), ref, refs(there[::-1]))
    assert asked(simulator) == [("GET", one_group(ref.native_id), None)]
    assert (made(result), result.was_executed) == ([], True)


async def test_setting_reads_a_group_once(provider: Provider, simulator: AximSimulator) -> None:
    ref, there = group_named(simulator, KITCHEN), held(simulator, KITCHEN)
    new = loose(simulator, KITCHEN, 1)
    with request_scope():
        result = await set_products(runner(provider), ref, refs([*new, *there[1:]]))
    path = f"/productGroup/{ref.native_id}"
    assert asked(simulator) == [
        ("GET", one_group(ref.native_id), None),
        ("PUT", path, {"products": new, "productsToRemove": there[:1]}),
    ]
    assert (made(result), result.refusals) == ([("PUT", path)], ())


async def test_moving_is_a_read_of_each_group_and_a_put_to_each(
    provider: Provider, simulator: AximSimulator
) -> None:
    source, target = group_named(simulator, KITCHEN), group_named(simulator, "Christmas 2026")
    moved = held(simulator, KITCHEN)[:20]
    with request_scope():
        result = await move_products(runner(provider), source, target, refs(moved), None)
    assert asked(simulator) == [
        ("GET", one_group(source.native_id), None),
        ("GET", one_group(target.native_id), None),
        ("PUT", f"/productGroup/{target.native_id}", {"products": moved}),
        ("PUT", f"/productGroup/{source.native_id}", {"productsToRemove": moved}),
    ]
    assert (len(result.calls), result.refusals, result.unconfirmed_products) == (2, (), frozenset())
    assert held(simulator, "Christmas 2026") == moved
    assert len(held(simulator, KITCHEN)) == 4


async def test_deleting_is_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ref = group_named(simulator, "Lighting")
    with request_scope():
        result = await delete_group(runner(provider), ref)
        again = await delete_group(runner(provider), ref)
    path = f"/productGroup/{ref.native_id}"
    assert asked(simulator) == [("DELETE", path, None)] * 2
    assert (made(result), result.refusals) == ([("DELETE", path)], ())
    gone = NotFound(message="It does not exist, or no longer.", about=ref, field=("id",))
    assert (made(again), again.refusals) == ([], (gone,))
    assert changed(simulator) == {"Lighting": {}}


async def test_a_new_group_with_products_is_shown_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = loose(simulator, KITCHEN, 2)
    with request_scope():
        mutation = runner(provider)
        result = await create_group(mutation, COLLECTION, GroupChange(name="Fonts"), refs(products))
        assert result.result.group is not None
        group = await mutation.provider_loaders.groups.load(result.result.group)
    assert group is not None
    assert (group.name, group.ref) == ("Fonts", group_named(simulator, "Fonts"))
    assert asked(simulator) == [
        ("POST", CREATE, {"name": "Fonts"}),
        ("PUT", f"/productGroup/{group.ref.native_id}", {"products": products}),
    ]
    assert made(result) == [("POST", CREATE), ("PUT", "/productGroup/{new}")]


async def test_a_new_group_that_could_not_be_filled_is_shown_beside_what_is_left_to_do(
    simulator: AximSimulator, fail_with: FailWith
) -> None:
    products = refs(loose(simulator, KITCHEN, 2))
    provider = fail_with({"PUT": [LOST_CALL]})
    with request_scope():
        result = await create_group(
            runner(provider), COLLECTION, GroupChange(name="Fonts"), products
        )
    assert result.result.group == group_named(simulator, "Fonts")
    assert made(result) == [("POST", CREATE)]
    message = "The write may have been applied: Axim Commerce did not respond in time."
    assert result.refusals == tuple(
        Incomplete(
            message=message, about=product, field=("productIds", str(index)), is_retryable=False
        )
        for index, product in enumerate(products)
    )
    assert result.unconfirmed_products == frozenset(products)


async def test_access_that_could_not_be_set_is_told_without_a_product(
    simulator: AximSimulator, fail_with: FailWith
) -> None:
    change = GroupChange(name="Fonts", access=GroupAccess.RESTRICTED)
    with request_scope():
        result = await create_group(
            runner(fail_with({"PUT": OUT_OF_REACH})), COLLECTION, change, []
        )
    assert result.result.group == group_named(simulator, "Fonts")
    (refusal,) = result.refusals
    assert isinstance(refusal, Incomplete)
    assert refusal.field is None
    assert refusal.message.endswith("In the new group, change its access.")


async def test_a_new_group_stays_without_products_if_one_of_them_is_unknown(
    provider: Provider, simulator: AximSimulator
) -> None:
    known = refs(loose(simulator, KITCHEN, 1))
    with request_scope():
        result = await create_group(
            runner(provider), COLLECTION, GroupChange(name="Fonts"), [*known, NOWHERE]
        )
    assert result.result.group == group_named(simulator, "Fonts")
    assert {refusal.field: refusal.code for refusal in result.refusals} == {
        ("productIds", "0"): UserErrorCode.INCOMPLETE,
        ("productIds", "1"): UserErrorCode.NOT_FOUND,
    }
    assert changed(simulator) == {
        "Fonts": {"status": True, "restrictAccess": False, "products": []}
    }


async def test_unknown_products_are_told_where_they_stand_in_the_input(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, known = group_named(simulator, KITCHEN), loose(simulator, KITCHEN, 1)
    with request_scope():
        result = await assign_products(runner(provider), ref, refs([*known, UNKNOWN]))
    message, field = "This product does not exist, or no longer.", ("productIds", "1")
    assert result.refusals == (NotFound(message=message, about=NOWHERE, field=field),)
    assert (made(result), result.unconfirmed_products) == ([], frozenset(refs([*known, UNKNOWN])))
    assert asked(simulator) == [
        ("PUT", f"/productGroup/{ref.native_id}", {"products": [*known, UNKNOWN]}),
        ("GET", batch([*known, UNKNOWN]), None),
    ]
    assert changed(simulator) == {}


async def test_a_dry_run_plans_and_writes_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, products = group_named(simulator, KITCHEN), refs(held(simulator, KITCHEN)[:2])
    target, change = group_named(simulator, "Christmas 2026"), GroupChange(name="Fonts")
    rehearsal = runner(provider, dry_run=True)
    group, place = f"/productGroup/{ref.native_id}", f"/productGroup/{target.native_id}"
    with request_scope():
        results = [
            await assign_products(rehearsal, ref, products),
            await unassign_products(rehearsal, ref, products),
            await set_products(rehearsal, ref, products),
            await move_products(rehearsal, ref, target, products, None),
            await create_group(rehearsal, COLLECTION, change, products),
            await update_group(rehearsal, ref, change),
            await delete_group(rehearsal, ref),
        ]
    assert [made(result) for result in results] == [
        [("PUT", group)],
        [("PUT", group)],
        [("PUT", group)],
        [("PUT", place), ("PUT", group)],
        [("POST", CREATE), ("PUT", "/productGroup/{new}")],
        [("PUT", group)],
        [("DELETE", group)],
    ]
    assert {method for method, _, _ in asked(simulator)} == {"GET"}
    assert changed(simulator) == {}
