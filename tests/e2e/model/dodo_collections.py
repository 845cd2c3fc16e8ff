"""What Dodo makes of changes of collections: they can be put away, and are never empty."""

from collections.abc import Mapping

from groupgate.domain.refs import CollectionRef, GroupRef
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Collection, Shop
from tests.e2e.model.dodo_members import TAKES, check_admitted, new_group, put
from tests.e2e.model.ruling import GONE, NewIds, Rule, Ruling, group_input, listed, name_input


def update_collection(shop: Shop, asked: Asked) -> Ruling:
    """Change name or description of a collection."""
    given = asked.input or {}
    ruling = Ruling(plain=name_input(given, "input", may_lack=False, is_new=False))
    collection = shop.collection(asked.target)
    if not given:
        return ruling
    if collection is None or collection.is_archived:
        ruling.answered.add(GONE)
        return ruling

    def done(_: NewIds) -> None:
        collection.name = given.get("name", collection.name)
        collection.description = given.get("description", collection.description) or ""

    ruling.done = done
    return ruling


def reorder_groups(shop: Shop, asked: Asked) -> Ruling:
    """Put the groups of a collection in order."""
    groups = listed(asked.groups or (), shop.key, GroupRef, "groupIds")
    ruling, collection = Ruling(plain=groups.wrong), shop.collection(asked.target)
    if collection is None:
        ruling.checked.add(GONE)
        return ruling
    by_id = {group.ref.native_id: group for group in collection.groups}
    if set(groups.good) != by_id.keys():
        ruling.checked.add(("NOT_A_PERMUTATION", ("groupIds",)))
        return ruling
    if groups.good != list(by_id) and collection.is_archived:
        ruling.answered.add(GONE)

    def done(_: NewIds) -> None:
        collection.groups = [by_id[each] for each in groups.good]

    ruling.done = done
    return ruling


def create_collection(shop: Shop, asked: Asked) -> Ruling:
    """Make a collection with one group."""
    given, group = asked.input or {}, asked.group or {}
    products = listed(asked.products or (), shop.key)
    ruling = Ruling(
        plain=products.wrong
        | name_input(given, "input", may_lack=False, is_new=True)
        | name_input(group, "group", may_lack=True, is_new=True)
        | group_input(group, "group", takes=TAKES)
    )
    if not products.good:
        ruling.checked.add(("BLANK", ("productIds",)))
    check_admitted(shop, None, products, products.good, ruling)

    def done(made: NewIds) -> None:
        ref = CollectionRef(provider=shop.key, native_id=made["collection"])
        collection = Collection(
            ref=ref, name=given["name"], description=given.get("description") or ""
        )
        collection.groups = [new_group(ref, made["group"], group, products.good)]
        shop.collections.append(collection)

    ruling.done = done
    return ruling


def archive(shop: Shop, asked: Asked) -> Ruling:
    """Take a collection out of use."""
    collection = shop.collection(asked.target)
    if collection is None:
        return Ruling(answered={GONE})
    return Ruling(done=lambda _: setattr(collection, "is_archived", True))


def unarchive(shop: Shop, asked: Asked) -> Ruling:
    """Bring a collection back; products that are archived fall out."""
    collection = shop.collection(asked.target)
    if collection is None:
        return Ruling(answered={GONE})

    def done(_: NewIds) -> None:
        collection.is_archived = False
        for group in collection.groups:
            put(group, [each for each in group.members if shop.products[each]])

    return Ruling(done=done) if collection.is_archived else Ruling()


RULES: Mapping[str, Rule] = {
    "productCollectionUpdate": update_collection,
    "productCollectionReorderGroups": reorder_groups,
    "productCollectionCreate": create_collection,
    "productCollectionArchive": archive,
    "productCollectionUnarchive": unarchive,
}
