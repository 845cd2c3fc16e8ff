"""What Dodo makes of mutations: ordered groups in collections, and each product in one at most."""

from collections.abc import Iterable, Mapping

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from tests.e2e.model.asking import Asked, Input
from tests.e2e.model.catalogue import Collection, Group, Shop
from tests.e2e.model.ruling import (
    Complaint,
    Listed,
    NewIds,
    Rule,
    Ruling,
    group_input,
    listed,
    misfit,
    moved,
    name_input,
    set_fields,
)

TAKES = {"status"}
GONE: Complaint = ("NOT_FOUND", ("id",))
LAST: Complaint = ("LAST_PRODUCT", ("productIds",))


def update(shop: Shop, asked: Asked) -> Ruling:
    """Change name or status of a group."""
    given = asked.input or {}
    ruling = Ruling(
        plain=name_input(given, "input", may_lack=True, is_new=False)
        | group_input(given, "input", takes=TAKES)
    )
    group = shop.group(asked.target)
    if not given:
        return ruling
    if group is None:
        ruling.answered = {GONE}
        return ruling
    holder = shop.around(group)
    if holder.is_archived:
        ruling.answered.add(GONE)
    if "name" in given and _is_taken(holder, given["name"], group):
        ruling.answered.add(("TAKEN", ("input", "name")))
    ruling.done = lambda _: set_fields(group, given)
    return ruling


def create(shop: Shop, asked: Asked) -> Ruling:
    """Make a group."""
    given, products = asked.input or {}, listed(asked.products or (), shop.key)
    ruling = Ruling(
        plain=products.wrong
        | name_input(given, "input", may_lack=True, is_new=True)
        | group_input(given, "input", takes=TAKES)
    )
    holder = shop.collection(asked.target)
    if holder is None:
        ruling.checked.add(("NOT_FOUND", ("collectionId",)))
        return ruling
    if _is_taken(holder, given.get("name")):
        ruling.checked.add(("TAKEN", ("input", "name")))
    _admit(shop, holder, products, products.good, ruling)
    if holder.is_archived:
        ruling.answered.add(("NOT_FOUND", ("collectionId",)))

    def done(made: NewIds) -> None:
        holder.groups.append(_made(holder.ref, made["group"], given, products.good))

    ruling.done = done
    return ruling


def delete(shop: Shop, asked: Asked) -> Ruling:
    """Delete a group, which sets its products free."""
    group = shop.group(asked.target)
    if group is None:
        return Ruling(checked={GONE})
    holder = shop.around(group)
    ruling = Ruling(done=lambda _: holder.groups.remove(group))
    if holder.is_archived:
        ruling.answered.add(GONE)
    if group.members and holder.products == group.members.keys():
        ruling.checked.add(("LAST_PRODUCT", ("id",)))
    return ruling


def reorder(shop: Shop, asked: Asked) -> Ruling:
    """Put the products of a group in order."""
    products = listed(asked.products or (), shop.key)
    ruling, group = Ruling(plain=products.wrong), shop.group(asked.target)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    if set(products.good) != group.members.keys():
        ruling.checked.add(("NOT_A_PERMUTATION", ("productIds",)))
    elif products.good != list(group.members) and shop.around(group).is_archived:
        ruling.answered.add(GONE)
    ruling.done = lambda _: _put(group, products.good)
    return ruling


def assign(shop: Shop, asked: Asked) -> Ruling:
    """Add products behind those that are there."""
    products = listed(asked.products or (), shop.key)
    ruling, group = Ruling(plain=products.wrong), shop.group(asked.target)
    if not products.good:
        return ruling
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    _add(shop, group, products, ruling)
    ruling.done = lambda _: _put(group, [*group.members, *products.good])
    return ruling


def unassign(shop: Shop, asked: Asked) -> Ruling:
    """Take products out, but not the last one of the collection."""
    products = listed(asked.products or (), shop.key)
    ruling, group = Ruling(plain=products.wrong), shop.group(asked.target)
    if not products.good:
        return ruling
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    holder = shop.around(group)
    leaving = group.members.keys() & set(products.good)
    if leaving and holder.is_archived:
        ruling.answered.add(GONE)
    if leaving and holder.products <= leaving:
        ruling.checked.add(LAST)
    ruling.done = lambda _: _put(group, [each for each in group.members if each not in leaving])
    return ruling


def set_products(shop: Shop, asked: Asked) -> Ruling:
    """Let a group hold just these, in this order."""
    products = listed(asked.products or (), shop.key)
    ruling, group = Ruling(plain=products.wrong), shop.group(asked.target)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    holder = shop.around(group)
    if products.good == list(group.members):
        return ruling
    if not products.good and holder.products == group.members.keys():
        ruling.checked.add(LAST)
    _add(shop, group, products, ruling)
    if holder.is_archived:
        ruling.answered.add(GONE)
    ruling.done = lambda _: _put(group, products.good)
    return ruling


def move(shop: Shop, asked: Asked) -> Ruling:
    """Move products to another group, at a position or behind what is there."""
    ruling, products, source = moved(shop, asked, takes_position=True)
    target = shop.group(asked.to[0] if asked.to else None)
    if source is None or not products.good:
        return ruling
    if target is None:
        ruling.checked.add(("NOT_FOUND", ("toGroupId",)))
        return ruling
    holder = shop.around(source)
    stays_inside = holder is shop.around(target) and len(products.good) > 1
    if holder.products <= set(products.good) and not stays_inside:
        ruling.checked.add(LAST)
    if holder.is_archived:
        ruling.answered.add(("NOT_FOUND", ("fromGroupId",)))
    elif shop.around(target).is_archived:
        ruling.answered.add(("NOT_FOUND", ("toGroupId",)))

    def done(_: NewIds) -> None:
        there = list(target.members)
        at = len(there) if asked.position is None else asked.position
        target.members |= {each: source.members.pop(each) for each in products.good}
        _put(target, [*there[:at], *products.good, *there[at:]])

    ruling.done = done
    return ruling


def offer(shop: Shop, asked: Asked) -> Ruling:
    """Offer a product in a group, or no longer."""
    (product,) = asked.product or (None,)
    wanted = (asked.input or {}).get("status", "")
    ruling, group = Ruling(), shop.group(asked.target)
    code = misfit(product, shop.key, ProductRef)
    if code is not None:
        ruling.plain.add((code, ("productId",)))
    if wanted is None:
        ruling.plain.add(("INVALID", ("input", "status")))
    native_id = product.native_id if isinstance(product, ProductRef) else ""
    if not wanted:
        return ruling
    if group is None:
        ruling.checked.add(("NOT_FOUND", ("groupId",)))
    elif native_id not in group.members:
        ruling.checked.add(("NOT_FOUND", ("productId",)))
    elif group.members[native_id] != wanted:
        if shop.around(group).is_archived:
            ruling.answered.add(("NOT_FOUND", ("groupId",)))
        ruling.done = lambda _: group.members.update({native_id: wanted})
    return ruling


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
    _admit(shop, None, products, products.good, ruling)

    def done(made: NewIds) -> None:
        ref = CollectionRef(provider=shop.key, native_id=made["collection"])
        collection = Collection(
            ref=ref, name=given["name"], description=given.get("description") or ""
        )
        collection.groups = [_made(ref, made["group"], group, products.good)]
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
            _put(group, [each for each in group.members if shop.products[each]])

    return Ruling(done=done) if collection.is_archived else Ruling()


RULES: Mapping[str, Rule] = {
    "groupUpdate": update,
    "groupCreate": create,
    "groupDelete": delete,
    "groupReorderProducts": reorder,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
    "groupProductUpdate": offer,
    "productCollectionUpdate": update_collection,
    "productCollectionReorderGroups": reorder_groups,
    "productCollectionCreate": create_collection,
    "productCollectionArchive": archive,
    "productCollectionUnarchive": unarchive,
}


def _made(holder: CollectionRef, native_id: str, given: Input, products: Iterable[str]) -> Group:
    """A new group, all of whose products are offered."""
    ref = GroupRef(provider=holder.provider, collection_id=holder.native_id, native_id=native_id)
    members = dict.fromkeys(products, "ACTIVE")
    group = Group(ref=ref, name=None, members=members)
    set_fields(group, given)
    return group


def _put(group: Group, order: Iterable[str]) -> None:
    """Let a group hold these, in this order; new ones are offered."""
    group.members = {each: group.members.get(each, "ACTIVE") for each in order}


def _is_taken(holder: Collection, name: str | None, own: Group | None = None) -> bool:
    """Whether another group has this name; of those without one there may be one."""
    return any(group.name == name for group in holder.groups if group is not own)


def _add(shop: Shop, group: Group, products: Listed, ruling: Ruling) -> None:
    """Say why products that are not in a group cannot come into it."""
    holder = shop.around(group)
    missing = [each for each in products.good if each not in group.members]
    if missing and holder.is_archived:
        ruling.answered.add(GONE)
    _admit(shop, holder, products, missing, ruling)


def _admit(
    shop: Shop, holder: Collection | None, products: Listed, new: Iterable[str], ruling: Ruling
) -> None:
    """Say why products cannot come into a collection."""
    for each in new:
        blamed = {code: products.blamed(code, [each]) for code in ("INVALID", "NOT_FOUND")}
        elsewhere = products.blamed("IN_ANOTHER_GROUP", [each])
        if holder is not None and each in holder.products:
            ruling.checked |= elsewhere
        elif next(shop.holders(each), None) is not None:
            ruling.answered |= elsewhere
        if not shop.products.get(each, True):
            ruling.answered |= blamed["INVALID"]
        if each not in shop.products:
            ruling.answered |= blamed["NOT_FOUND"]
