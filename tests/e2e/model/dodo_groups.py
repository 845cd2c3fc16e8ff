"""What Dodo makes of changes of groups: they are ordered, and a product is in one at most."""

from collections.abc import Mapping

from groupgate.domain.refs import ProductRef
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Shop
from tests.e2e.model.dodo_members import (
    TAKES,
    check_added,
    check_admitted,
    is_taken,
    new_group,
    put,
)
from tests.e2e.model.ruling import (
    GONE,
    Complaint,
    NewIds,
    Rule,
    Ruling,
    group_input,
    listed,
    misfit,
    moved,
    name_input,
    named,
    set_fields,
)

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
    if "name" in given and is_taken(holder, given["name"], group):
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
    if is_taken(holder, given.get("name")):
        ruling.checked.add(("TAKEN", ("input", "name")))
    check_admitted(shop, holder, products, products.good, ruling)
    if holder.is_archived:
        ruling.answered.add(("NOT_FOUND", ("collectionId",)))

    def done(made: NewIds) -> None:
        holder.groups.append(new_group(holder.ref, made["group"], given, products.good))

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
    ruling, products, group = named(shop, asked)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    if set(products.good) != group.members.keys():
        ruling.checked.add(("NOT_A_PERMUTATION", ("productIds",)))
    elif products.good != list(group.members) and shop.around(group).is_archived:
        ruling.answered.add(GONE)
    ruling.done = lambda _: put(group, products.good)
    return ruling


def assign(shop: Shop, asked: Asked) -> Ruling:
    """Add products behind those that are there."""
    ruling, products, group = named(shop, asked)
    if not products.good:
        return ruling
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    check_added(shop, group, products, ruling)
    ruling.done = lambda _: put(group, [*group.members, *products.good])
    return ruling


def unassign(shop: Shop, asked: Asked) -> Ruling:
    """Take products out, but not the last one of the collection."""
    ruling, products, group = named(shop, asked)
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
    ruling.done = lambda _: put(group, [each for each in group.members if each not in leaving])
    return ruling


def set_products(shop: Shop, asked: Asked) -> Ruling:
    """Let a group hold just these, in this order."""
    ruling, products, group = named(shop, asked)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    holder = shop.around(group)
    if products.good == list(group.members):
        return ruling
    if not products.good and holder.products == group.members.keys():
        ruling.checked.add(LAST)
    check_added(shop, group, products, ruling)
    if holder.is_archived:
        ruling.answered.add(GONE)
    ruling.done = lambda _: put(group, products.good)
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
        put(target, [*there[:at], *products.good, *there[at:]])

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
}
