"""The rules of Axim: groups have no order, and a product can be in any number of groups."""

from collections.abc import Iterable, Mapping

from groupgate.domain.refs import GroupRef
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.expectation import (
    TARGET_NOT_FOUND,
    Expectation,
    NewIds,
    Rule,
    expect_group_creation,
    expect_group_update,
    expect_membership_change,
    expect_move,
    set_fields,
)
from tests.e2e.model.mutation import MutationRequest

TAKES = {"status", "access"}


def update(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a change of the name, status or access of a group."""
    expectation, group, given = expect_group_update(
        catalog, request, takes=TAKES, may_lack_name=False
    )
    if not given:
        return expectation
    if group is None:
        expectation.after_writes.add(TARGET_NOT_FOUND)
        return expectation
    expectation.on_success = lambda _: set_fields(group, given)
    return expectation


def create(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a new group, which is created with name and status and then updated.

    If the vendor rejects the update, the group stays with what it was created with.
    """
    expectation, products, given = expect_group_creation(
        catalog, request, takes=TAKES, may_lack_name=False
    )
    expectation.after_writes = products.unknown_in(catalog)
    if expectation.after_writes:
        expectation.after_writes |= products.errors_for("INCOMPLETE", products.valid)

    def create_group(new_ids: NewIds) -> Group:
        ref = GroupRef(provider=catalog.key, native_id=new_ids["group"])
        group = Group(ref=ref, name=given["name"], access="OPEN")
        group.status = given.get("status", group.status)
        catalog.collections[0].groups.append(group)
        return group

    def create_and_update(new_ids: NewIds) -> None:
        group = create_group(new_ids)
        set_fields(group, given)
        _add(group, products.valid)

    def only_create(new_ids: NewIds) -> None:
        create_group(new_ids)

    expectation.on_success, expectation.on_rejection = create_and_update, only_create
    return expectation


def delete(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a group to be deleted."""
    group = catalog.group(request.target)
    if group is None:
        return Expectation(after_writes={TARGET_NOT_FOUND})
    return Expectation(on_success=lambda _: catalog.collection_of(group).groups.remove(group))


def assign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be added; they stay in their other groups."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    if group is None:
        expectation.after_writes.add(TARGET_NOT_FOUND)
        return expectation
    expectation.after_writes = products.unknown_in(catalog)
    expectation.on_success = lambda _: _add(group, products.valid)
    return expectation


def unassign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be removed; those that the group does not have are ignored."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    if group is None:
        expectation.after_writes.add(TARGET_NOT_FOUND)
        return expectation
    expectation.on_success = lambda _: _remove(group, products.valid)
    return expectation


def set_products(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a group to have exactly these products."""
    expectation, products, group = expect_membership_change(catalog, request)
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    expectation.after_writes = products.unknown_in(catalog)

    def replace(_: NewIds) -> None:
        _remove(group, list(group.members))
        _add(group, products.valid)

    expectation.on_success = replace
    return expectation


def move(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be removed from one group and added to another."""
    expectation, products, source = expect_move(catalog, request, takes_position=False)
    target = catalog.group(request.to[0] if request.to else None)
    if source is None or not products.valid:
        return expectation
    if target is None:
        expectation.after_reads.add(("NOT_FOUND", ("toGroupId",)))
        return expectation

    def add_and_remove(_: NewIds) -> None:
        _add(target, products.valid)
        _remove(source, products.valid)

    expectation.on_success = add_and_remove
    return expectation


RULES: Mapping[str, Rule] = {
    "groupUpdate": update,
    "groupCreate": create,
    "groupDelete": delete,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
}


def _add(group: Group, products: Iterable[str]) -> None:
    group.members |= dict.fromkeys(products, "ACTIVE")


def _remove(group: Group, products: Iterable[str]) -> None:
    for each in products:
        group.members.pop(each, None)
