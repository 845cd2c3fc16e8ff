"""The rules of Dodo's groups: products are ordered, and a product is in at most one group."""

from collections.abc import Iterable, Mapping

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from tests.e2e.model.catalog import Catalog, Collection, Group
from tests.e2e.model.expectation import (
    TARGET_NOT_FOUND,
    ErrorKey,
    Expectation,
    IdList,
    NewIds,
    Rule,
    expect_group_creation,
    expect_group_update,
    expect_membership_change,
    expect_move,
    id_error,
    set_fields,
)
from tests.e2e.model.mutation import Input, MutationRequest

TAKES = {"status"}
"""Fields that groups have besides a name."""
LAST_PRODUCT: ErrorKey = ("LAST_PRODUCT", ("productIds",))


def update(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a change of the name or status of a group."""
    expectation, group, given = expect_group_update(
        catalog, request, takes=TAKES, may_lack_name=True
    )
    if not given:
        return expectation
    if group is None:
        expectation.after_writes = {TARGET_NOT_FOUND}
        return expectation
    collection = catalog.collection_of(group)
    if collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    if "name" in given and is_taken(collection, given["name"], group):
        expectation.after_writes.add(("TAKEN", ("input", "name")))
    expectation.on_success = lambda _: set_fields(group, given)
    return expectation


def create(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a new group."""
    expectation, products, given = expect_group_creation(
        catalog, request, takes=TAKES, may_lack_name=True
    )
    collection = catalog.collection(request.target)
    if collection is None:
        expectation.after_reads.add(("NOT_FOUND", ("collectionId",)))
        return expectation
    # The vendor accepts another group without a name.
    if given.get("name") is not None and is_taken(collection, given["name"]):
        expectation.after_reads.add(("TAKEN", ("input", "name")))
    expect_admission(catalog, collection, products, products.valid, expectation)
    if collection.is_archived:
        expectation.after_writes.add(("NOT_FOUND", ("collectionId",)))

    def append_group(new_ids: NewIds) -> None:
        group = new_group(collection.ref, new_ids["group"], given, products.valid)
        collection.groups.append(group)

    expectation.on_success = append_group
    return expectation


def delete(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a group to be deleted; its products are in no group then."""
    group = catalog.group(request.target)
    if group is None:
        return Expectation(after_reads={TARGET_NOT_FOUND})
    collection = catalog.collection_of(group)
    expectation = Expectation(on_success=lambda _: collection.groups.remove(group))
    if collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    if group.members and collection.products == group.members.keys():
        expectation.after_reads.add(("LAST_PRODUCT", ("id",)))
    return expectation


def reorder(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect the products of a group to be in this order."""
    expectation, products, group = expect_membership_change(catalog, request)
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    if set(products.valid) != group.members.keys():
        expectation.after_reads.add(("NOT_A_PERMUTATION", ("productIds",)))
    elif products.valid != list(group.members) and catalog.collection_of(group).is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    expectation.on_success = lambda _: set_members(group, products.valid)
    return expectation


def assign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be added after those of the group."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    expect_addition(catalog, group, products, expectation)
    expectation.on_success = lambda _: set_members(group, [*group.members, *products.valid])
    return expectation


def unassign(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products to be removed, but not the last one of the collection."""
    expectation, products, group = expect_membership_change(catalog, request)
    if not products.valid:
        return expectation
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    collection = catalog.collection_of(group)
    leaving = group.members.keys() & set(products.valid)
    if leaving and collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    if leaving and collection.products <= leaving:
        expectation.after_reads.add(LAST_PRODUCT)
    staying = [each for each in group.members if each not in leaving]
    expectation.on_success = lambda _: set_members(group, staying)
    return expectation


def set_products(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a group to have exactly these products, in this order."""
    expectation, products, group = expect_membership_change(catalog, request)
    if group is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    collection = catalog.collection_of(group)
    if products.valid == list(group.members):
        return expectation
    if not products.valid and collection.products == group.members.keys():
        expectation.after_reads.add(LAST_PRODUCT)
    expect_addition(catalog, group, products, expectation)
    if collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    expectation.on_success = lambda _: set_members(group, products.valid)
    return expectation


def move(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect products in another group, at a position or after its other products."""
    expectation, products, source = expect_move(catalog, request, takes_position=True)
    target = catalog.group(request.to[0] if request.to else None)
    if source is None or not products.valid:
        return expectation
    if target is None:
        expectation.after_reads.add(("NOT_FOUND", ("toGroupId",)))
        return expectation
    collection = catalog.collection_of(source)
    stays_in_collection = collection is catalog.collection_of(target) and len(products.valid) > 1
    if collection.products <= set(products.valid) and not stays_in_collection:
        expectation.after_reads.add(LAST_PRODUCT)
    if collection.is_archived:
        expectation.after_writes.add(("NOT_FOUND", ("fromGroupId",)))
    elif catalog.collection_of(target).is_archived:
        expectation.after_writes.add(("NOT_FOUND", ("toGroupId",)))

    def move_members(_: NewIds) -> None:
        old = list(target.members)
        at = len(old) if request.position is None else request.position
        target.members |= {each: source.members.pop(each) for each in products.valid}
        set_members(target, [*old[:at], *products.valid, *old[at:]])

    expectation.on_success = move_members
    return expectation


def update_membership(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a change of the status of a product in a group."""
    (product,) = request.product or (None,)
    wanted = (request.input or {}).get("status", "")
    expectation, group = Expectation(), catalog.group(request.target)
    code = id_error(product, catalog.key, ProductRef)
    if code is not None:
        expectation.before_reads.add((code, ("productId",)))
    if wanted is None:
        expectation.before_reads.add(("INVALID", ("input", "status")))
    native_id = product.native_id if isinstance(product, ProductRef) else ""
    if not wanted:
        return expectation
    if group is None:
        expectation.after_reads.add(("NOT_FOUND", ("groupId",)))
    elif native_id not in group.members:
        expectation.after_reads.add(("NOT_FOUND", ("productId",)))
    elif group.members[native_id] != wanted:
        if catalog.collection_of(group).is_archived:
            expectation.after_writes.add(("NOT_FOUND", ("groupId",)))
        expectation.on_success = lambda _: group.members.update({native_id: wanted})
    return expectation


RULES: Mapping[str, Rule] = {
    "groupUpdate": update,
    "groupCreate": create,
    "groupDelete": delete,
    "groupReorderProducts": reorder,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
    "groupProductUpdate": update_membership,
}


def is_taken(collection: Collection, name: str | None, own: Group | None = None) -> bool:
    """Return True if another group has this name; one group may have no name."""
    return any(group.name == name for group in collection.groups if group is not own)


def expect_addition(
    catalog: Catalog, group: Group, products: IdList, expectation: Expectation
) -> None:
    """Expect the errors of the products that a group does not have yet."""
    collection = catalog.collection_of(group)
    missing = [each for each in products.valid if each not in group.members]
    if missing and collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
    expect_admission(catalog, collection, products, missing, expectation)


def expect_admission(
    catalog: Catalog,
    collection: Collection | None,
    products: IdList,
    new: Iterable[str],
    expectation: Expectation,
) -> None:
    """Expect the errors of products that a collection does not have yet."""
    for each in new:
        in_another_group = products.errors_for("IN_ANOTHER_GROUP", [each])
        if collection is not None and each in collection.products:
            expectation.after_reads |= in_another_group
        elif next(catalog.groups_with(each), None) is not None:
            expectation.after_writes |= in_another_group
        if not catalog.products.get(each, True):
            expectation.after_writes |= products.errors_for("INVALID", [each])
        if each not in catalog.products:
            expectation.after_writes |= products.errors_for("NOT_FOUND", [each])


def new_group(
    collection: CollectionRef, native_id: str, given: Input, products: Iterable[str]
) -> Group:
    """Return a new group with active products."""
    ref = GroupRef(
        provider=collection.provider, collection_id=collection.native_id, native_id=native_id
    )
    group = Group(ref=ref, name=None, members=dict.fromkeys(products, "ACTIVE"))
    set_fields(group, given)
    return group


def set_members(group: Group, order: Iterable[str]) -> None:
    """Give a group these products in this order; new ones are active."""
    group.members = {each: group.members.get(each, "ACTIVE") for each in order}
