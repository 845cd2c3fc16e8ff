"""The rules of Dodo's collections: they can be archived and are never empty."""

from collections.abc import Mapping

from groupgate.domain.refs import CollectionRef, GroupRef
from tests.e2e.model.catalog import Catalog, Collection
from tests.e2e.model.dodo_groups import TAKES, expect_admission, new_group, set_members
from tests.e2e.model.expectation import (
    TARGET_NOT_FOUND,
    Expectation,
    NewIds,
    Rule,
    check_ids,
    group_input_errors,
    name_errors,
)
from tests.e2e.model.mutation import MutationRequest


def update_collection(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a change of the name or description of a collection."""
    given = request.input or {}
    expectation = Expectation(
        before_reads=name_errors(given, "input", may_lack=False, is_new=False)
    )
    collection = catalog.collection(request.target)
    if not given:
        return expectation
    if collection is None or collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)
        return expectation

    def set_given(_: NewIds) -> None:
        collection.name = given.get("name", collection.name)
        collection.description = given.get("description", collection.description) or ""

    expectation.on_success = set_given
    return expectation


def reorder_groups(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect the groups of a collection to be in this order."""
    groups = check_ids(request.groups or (), catalog.key, GroupRef, "groupIds")
    expectation, collection = (
        Expectation(before_reads=groups.errors),
        catalog.collection(request.target),
    )
    if collection is None:
        expectation.after_reads.add(TARGET_NOT_FOUND)
        return expectation
    by_id = {group.ref.native_id: group for group in collection.groups}
    if set(groups.valid) != by_id.keys():
        expectation.after_reads.add(("NOT_A_PERMUTATION", ("groupIds",)))
        return expectation
    if groups.valid != list(by_id) and collection.is_archived:
        expectation.after_writes.add(TARGET_NOT_FOUND)

    def reorder(_: NewIds) -> None:
        collection.groups = [by_id[each] for each in groups.valid]

    expectation.on_success = reorder
    return expectation


def create_collection(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a new collection with one group."""
    given, group = request.input or {}, request.group or {}
    products = check_ids(request.products or (), catalog.key)
    expectation = Expectation(
        before_reads=products.errors
        | name_errors(given, "input", may_lack=False, is_new=True)
        | group_input_errors(group, "group", takes=TAKES, may_lack_name=True, is_new=True)
    )
    if not products.valid:
        expectation.after_reads.add(("BLANK", ("productIds",)))
    expect_admission(catalog, None, products, products.valid, expectation)

    def create(new_ids: NewIds) -> None:
        ref = CollectionRef(provider=catalog.key, native_id=new_ids["collection"])
        collection = Collection(
            ref=ref, name=given["name"], description=given.get("description") or ""
        )
        collection.groups = [new_group(ref, new_ids["group"], group, products.valid)]
        catalog.collections.append(collection)

    expectation.on_success = create
    return expectation


def archive(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a collection to be archived."""
    collection = catalog.collection(request.target)
    if collection is None:
        return Expectation(after_writes={TARGET_NOT_FOUND})
    return Expectation(on_success=lambda _: setattr(collection, "is_archived", True))


def unarchive(catalog: Catalog, request: MutationRequest) -> Expectation:
    """Expect a collection to be unarchived without the products that are archived."""
    collection = catalog.collection(request.target)
    if collection is None:
        return Expectation(after_writes={TARGET_NOT_FOUND})

    def restore(_: NewIds) -> None:
        collection.is_archived = False
        for group in collection.groups:
            set_members(group, [each for each in group.members if catalog.products[each]])

    return Expectation(on_success=restore) if collection.is_archived else Expectation()


RULES: Mapping[str, Rule] = {
    "productCollectionUpdate": update_collection,
    "productCollectionReorderGroups": reorder_groups,
    "productCollectionCreate": create_collection,
    "productCollectionArchive": archive,
    "productCollectionUnarchive": unarchive,
}
