"""The rules of 2Checkout: each product is in exactly one group and is moved by its own write."""

from collections.abc import Iterable, Mapping

from groupgate.domain.refs import GroupRef
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.expectation import (
    TARGET_NOT_FOUND,
    Expectation,
    NewIds,
    Rule,
    expect_group_creation,
    expect_membership_change,
    expect_move,
)
from tests.e2e.model.mutation import MutationRequest

TAKES = {"description", "templateName"}
GENERAL = "General"
DEFAULT_TEMPLATE = "Default Template"


def create(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a new group with the products that exist."""
    expectation, products, given = expect_group_creation(
        catalog, request, takes=TAKES, may_lack_name=False
    )
    if any(group.name == given.get("name") for group in catalog.groups):
        expectation.after_writes.add(("TAKEN", ("input", "name")))
        return expectation
    expectation.after_writes = products.unknown_in(catalog)

    def create_and_fill(new_ids: NewIds) -> None:
        group = Group(
            ref=GroupRef(provider=catalog.key, native_id=new_ids["group"]),
            name=given["name"],
            description=given.get("description") or "",
            template=given.get("templateName") or DEFAULT_TEMPLATE,
        )
        catalog.collections[0].groups.append(group)
        _move(catalog, products.valid, group)

    expectation.on_success = expectation.on_rejection = create_and_fill
    return expectation


def assign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect the products that exist to be added; they leave their old group."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    expectation.after_writes = products.unknown_in(catalog)
    if group is None:
        expectation.after_writes.add(TARGET_NOT_FOUND)
        return expectation
    expectation.on_success = expectation.on_rejection = lambda _: _move(
        catalog, products.valid, group
    )
    return expectation


def unassign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to move to the general group, from which none can be removed."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    unknown = products.unknown_in(catalog)
    if group is None:
        expectation.after_writes = unknown | {TARGET_NOT_FOUND}
        return expectation
    leaving = [each for each in products.valid if each in group.members]
    if group.name == GENERAL:
        expectation.after_reads = unknown | products.errors_for("INVALID", leaving)
        return expectation
    expectation.after_writes = unknown
    expectation.on_success = expectation.on_rejection = lambda _: _move(
        catalog, leaving, _general_group(catalog)
    )
    return expectation


def set_products(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be added; if that succeeds, the others move to the general group."""
    expectation, products, group = expect_membership_change(catalog, request)
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    surplus = [each for each in group.members if each not in products.valid]
    if surplus and group.name == GENERAL:
        expectation.after_reads.add(("INVALID", None))
    expectation.after_writes = products.unknown_in(catalog)
    if surplus and expectation.after_writes:
        expectation.after_writes.add(("INCOMPLETE", None))
    expectation.on_rejection = lambda _: _move(catalog, products.valid, group)

    def add_and_remove(_: NewIds) -> None:
        _move(catalog, products.valid, group)
        _move(catalog, surplus, _general_group(catalog))

    expectation.on_success = add_and_remove
    return expectation


def move(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be added to another group, which removes them from their own."""
    expectation, products, source = expect_move(catalog, request, takes_position=False)
    target = catalog.group(request.to[0] if request.to else None)
    if source is None or not products.valid:
        return expectation
    if target is None:
        expectation.after_writes.add(("NOT_FOUND", ("toGroupId",)))
        return expectation
    expectation.on_success = lambda _: _move(catalog, products.valid, target)
    return expectation


RULES: Mapping[str, Rule] = {
    "groupCreate": create,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
}


def _move(catalog: Catalog, products: Iterable[str], target: Group) -> None:
    """Move the products that exist to a group."""
    for each in products:
        for group in list(catalog.groups_with(each)):
            del group.members[each]
            target.members[each] = "ACTIVE"


def _general_group(catalog: Catalog) -> Group:
    return next(group for group in catalog.groups if group.name == GENERAL)
