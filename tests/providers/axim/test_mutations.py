"""The calls that each mutation makes at Axim, and its result."""

import pytest

from groupgate.commands.collections import (
    archive_collection,
    create_collection,
    reorder_groups,
    unarchive_collection,
    update_collection,
)
from groupgate.commands.groups import create_group, delete_group, update_group
from groupgate.commands.memberships import (
    assign_products,
    move_products,
    reorder_products,
    set_products,
    unassign_products,
    update_membership,
)
from groupgate.domain.catalog import Group, GroupAccess, GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refusals import Incomplete, NotFound, UserErrorCode
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.seed import (
    COLLECTION,
    KITCHEN,
    UNKNOWN_ID,
    UNKNOWN_PRODUCT,
    batch_path,
    changed_groups,
    group_named,
    group_path,
    ids_outside,
    product_ids,
    product_ref,
    product_refs,
)
from tests.providers.conftest import FailWith
from tests.providers.faults import LOST_CALL, UNREACHABLE
from tests.providers.mutations import executed_writes, runner
from tests.providers.reads import take_calls

pytestmark = pytest.mark.anyio

CREATE = "/productGroup/create"


async def test_assigning_twenty_products_is_one_put(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, new = group_named(simulator, KITCHEN), ids_outside(simulator, KITCHEN, 20)
    with request_scope():
        result = await assign_products(runner(provider), ref, product_refs(new))
    path = f"/productGroup/{ref.native_id}"
    assert take_calls(simulator) == [("PUT", path, {"products": new})]
    assert (executed_writes(result), result.refusals, result.unconfirmed_products) == (
        [("PUT", path)],
        (),
        frozenset(),
    )
    assert product_ids(simulator, KITCHEN)[-20:] == new


async def test_unassigning_twenty_products_is_one_put(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, out = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)[:20]
    with request_scope():
        result = await unassign_products(runner(provider), ref, product_refs(out))
    path = f"/productGroup/{ref.native_id}"
    assert take_calls(simulator) == [("PUT", path, {"productsToRemove": out})]
    assert (executed_writes(result), result.refusals) == ([("PUT", path)], ())
    assert len(product_ids(simulator, KITCHEN)) == 4


async def test_an_update_is_one_put_and_returns_the_group_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, change = group_named(simulator, KITCHEN), GroupChange(access=GroupAccess.RESTRICTED)
    with request_scope():
        mutation = runner(provider)
        result = await update_group(mutation, ref, change)
        group = await mutation.provider_loaders.groups.load(ref)
    path = f"/productGroup/{ref.native_id}"
    assert take_calls(simulator) == [("PUT", path, {"restrictAccess": True})]
    assert (executed_writes(result), result.refusals) == ([("PUT", path)], ())
    assert isinstance(group, Group)
    assert group.access is GroupAccess.RESTRICTED


async def test_unsupported_mutations_are_refused_without_a_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    mutation, ref = runner(provider), group_named(simulator, KITCHEN)
    product = product_ref(product_ids(simulator, KITCHEN)[0])
    for command in (
        create_collection(mutation, CollectionChange(name="Shop"), GroupChange(), [product]),
        update_collection(mutation, COLLECTION, CollectionChange(name="Shop")),
        reorder_groups(mutation, COLLECTION, [ref]),
        archive_collection(mutation, COLLECTION),
        unarchive_collection(mutation, COLLECTION),
        reorder_products(mutation, ref, [product]),
        update_membership(mutation, ref, product, GroupProductStatus.ACTIVE),
    ):
        with pytest.raises(Refused) as caught:
            await command
        assert [refusal.code for refusal in caught.value.refusals] == [UserErrorCode.UNSUPPORTED]
    assert take_calls(simulator) == []


async def test_setting_the_present_products_only_reads(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, there = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    with request_scope():
        result = await set_products(runner(provider), ref, product_refs(there[::-1]))
    assert take_calls(simulator) == [("GET", group_path(ref.native_id), None)]
    assert (executed_writes(result), result.was_executed) == ([], True)


async def test_setting_products_reads_the_group_once(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, there = group_named(simulator, KITCHEN), product_ids(simulator, KITCHEN)
    new = ids_outside(simulator, KITCHEN, 1)
    with request_scope():
        result = await set_products(runner(provider), ref, product_refs([*new, *there[1:]]))
    path = f"/productGroup/{ref.native_id}"
    assert take_calls(simulator) == [
        ("GET", group_path(ref.native_id), None),
        ("PUT", path, {"products": new, "productsToRemove": there[:1]}),
    ]
    assert (executed_writes(result), result.refusals) == ([("PUT", path)], ())


async def test_moving_is_a_read_and_a_put_for_each_group(
    provider: Provider, simulator: AximSimulator
) -> None:
    source, target = group_named(simulator, KITCHEN), group_named(simulator, "Christmas 2026")
    moved = product_ids(simulator, KITCHEN)[:20]
    with request_scope():
        result = await move_products(runner(provider), source, target, product_refs(moved), None)
    assert take_calls(simulator) == [
        ("GET", group_path(source.native_id), None),
        ("GET", group_path(target.native_id), None),
        ("PUT", f"/productGroup/{target.native_id}", {"products": moved}),
        ("PUT", f"/productGroup/{source.native_id}", {"productsToRemove": moved}),
    ]
    assert (len(result.calls), result.refusals, result.unconfirmed_products) == (2, (), frozenset())
    assert product_ids(simulator, "Christmas 2026") == moved
    assert len(product_ids(simulator, KITCHEN)) == 4


async def test_deleting_is_one_call(provider: Provider, simulator: AximSimulator) -> None:
    ref = group_named(simulator, "Lighting")
    with request_scope():
        result = await delete_group(runner(provider), ref)
        again = await delete_group(runner(provider), ref)
    path = f"/productGroup/{ref.native_id}"
    assert take_calls(simulator) == [("DELETE", path, None)] * 2
    assert (executed_writes(result), result.refusals) == ([("DELETE", path)], ())
    missing = NotFound(message="The group does not exist.", about=ref, field=("id",))
    assert (executed_writes(again), again.refusals) == ([], (missing,))
    assert changed_groups(simulator) == {"Lighting": {}}


async def test_a_new_group_with_products_is_returned_without_a_read(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = ids_outside(simulator, KITCHEN, 2)
    with request_scope():
        mutation = runner(provider)
        result = await create_group(
            mutation, COLLECTION, GroupChange(name="Fonts"), product_refs(products)
        )
        assert result.result.group is not None
        group = await mutation.provider_loaders.groups.load(result.result.group)
    assert group is not None
    assert (group.name, group.ref) == ("Fonts", group_named(simulator, "Fonts"))
    assert take_calls(simulator) == [
        ("POST", CREATE, {"name": "Fonts"}),
        ("PUT", f"/productGroup/{group.ref.native_id}", {"products": products}),
    ]
    assert executed_writes(result) == [("POST", CREATE), ("PUT", "/productGroup/{new}")]


async def test_a_new_group_without_its_products_is_returned_with_the_incomplete_products(
    simulator: AximSimulator, fail_with: FailWith
) -> None:
    products = product_refs(ids_outside(simulator, KITCHEN, 2))
    provider = fail_with({"PUT": [LOST_CALL]})
    with request_scope():
        result = await create_group(
            runner(provider), COLLECTION, GroupChange(name="Fonts"), products
        )
    assert result.result.group == group_named(simulator, "Fonts")
    assert executed_writes(result) == [("POST", CREATE)]
    message = "The write may have been applied: Axim Commerce did not respond in time."
    assert result.refusals == tuple(
        Incomplete(
            message=message, about=product, field=("productIds", str(index)), is_retryable=False
        )
        for index, product in enumerate(products)
    )
    assert result.unconfirmed_products == frozenset(products)


async def test_access_that_was_not_set_is_reported_without_a_product(
    simulator: AximSimulator, fail_with: FailWith
) -> None:
    change = GroupChange(name="Fonts", access=GroupAccess.RESTRICTED)
    with request_scope():
        result = await create_group(runner(fail_with({"PUT": UNREACHABLE})), COLLECTION, change, [])
    assert result.result.group == group_named(simulator, "Fonts")
    (refusal,) = result.refusals
    assert isinstance(refusal, Incomplete)
    assert refusal.field is None
    assert refusal.message.endswith("In the new group, change the access.")


async def test_a_new_group_gets_no_products_if_one_of_them_is_unknown(
    provider: Provider, simulator: AximSimulator
) -> None:
    known = product_refs(ids_outside(simulator, KITCHEN, 1))
    with request_scope():
        result = await create_group(
            runner(provider), COLLECTION, GroupChange(name="Fonts"), [*known, UNKNOWN_PRODUCT]
        )
    assert result.result.group == group_named(simulator, "Fonts")
    assert {refusal.field: refusal.code for refusal in result.refusals} == {
        ("productIds", "0"): UserErrorCode.INCOMPLETE,
        ("productIds", "1"): UserErrorCode.NOT_FOUND,
    }
    assert changed_groups(simulator) == {
        "Fonts": {"status": True, "restrictAccess": False, "products": []}
    }


async def test_an_unknown_product_is_reported_with_its_index(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, known = group_named(simulator, KITCHEN), ids_outside(simulator, KITCHEN, 1)
    with request_scope():
        result = await assign_products(runner(provider), ref, product_refs([*known, UNKNOWN_ID]))
    message, field = "The product does not exist.", ("productIds", "1")
    assert result.refusals == (NotFound(message=message, about=UNKNOWN_PRODUCT, field=field),)
    assert (executed_writes(result), result.unconfirmed_products) == (
        [],
        frozenset(product_refs([*known, UNKNOWN_ID])),
    )
    assert take_calls(simulator) == [
        ("PUT", f"/productGroup/{ref.native_id}", {"products": [*known, UNKNOWN_ID]}),
        ("GET", batch_path([*known, UNKNOWN_ID]), None),
    ]
    assert changed_groups(simulator) == {}


async def test_a_dry_run_plans_and_does_not_write(
    provider: Provider, simulator: AximSimulator
) -> None:
    ref, products = (
        group_named(simulator, KITCHEN),
        product_refs(product_ids(simulator, KITCHEN)[:2]),
    )
    target, change = group_named(simulator, "Christmas 2026"), GroupChange(name="Fonts")
    dry = runner(provider, dry_run=True)
    path, target_path = f"/productGroup/{ref.native_id}", f"/productGroup/{target.native_id}"
    with request_scope():
        results = [
            await assign_products(dry, ref, products),
            await unassign_products(dry, ref, products),
            await set_products(dry, ref, products),
            await move_products(dry, ref, target, products, None),
            await create_group(dry, COLLECTION, change, products),
            await update_group(dry, ref, change),
            await delete_group(dry, ref),
        ]
    assert [executed_writes(result) for result in results] == [
        [("PUT", path)],
        [("PUT", path)],
        [("PUT", path)],
        [("PUT", target_path), ("PUT", path)],
        [("POST", CREATE), ("PUT", "/productGroup/{new}")],
        [("PUT", path)],
        [("DELETE", path)],
    ]
    assert {method for method, _, _ in take_calls(simulator)} == {"GET"}
    assert changed_groups(simulator) == {}
