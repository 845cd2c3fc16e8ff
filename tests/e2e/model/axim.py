"""What Axim makes of mutations: groups without order, and products in as many as one likes."""

from collections.abc import Iterable, Mapping

from groupgate.domain.refs import GroupRef
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Group, Shop
from tests.e2e.model.ruling import (
    GONE,
    Complaint,
    Listed,
    NewIds,
    Rule,
    Ruling,
    group_input,
    listed,
    moved,
    name_input,
    named,
    set_fields,
)

TAKES = {"status", "access"}


def update(shop: Shop, asked: Asked) -> Ruling:
    """Change name, status or access of a group."""
    given = asked.input or {}
    ruling = Ruling(
        plain=name_input(given, "input", may_lack=False, is_new=False)
        | group_input(given, "input", takes=TAKES)
    )
    group = shop.group(asked.target)
    if not given:
        return ruling
    if group is None:
        ruling.answered.add(GONE)
        return ruling
    ruling.done = lambda _: set_fields(group, given)
    return ruling


def create(shop: Shop, asked: Asked) -> Ruling:
    """Make a group with name and status, and then give it the rest, if the vendor takes it."""
    given, products = asked.input or {}, listed(asked.products or (), shop.key)
    ruling = Ruling(
        plain=products.wrong
        | name_input(given, "input", may_lack=False, is_new=True)
        | group_input(given, "input", takes=TAKES)
    )
    ruling.answered = _unknown(shop, products, products.good)
    if ruling.answered:
        ruling.answered |= products.blamed("INCOMPLETE", products.good)

    def make(made: NewIds) -> Group:
        ref = GroupRef(provider=shop.key, native_id=made["group"])
        group = Group(ref=ref, name=given["name"], access="OPEN")
        group.status = given.get("status", group.status)
        shop.collections[0].groups.append(group)
        return group

    def done(made: NewIds) -> None:
        group = make(made)
        set_fields(group, given)
        _put(group, products.good)

    def partly(made: NewIds) -> None:
        make(made)

    ruling.done, ruling.partly = done, partly
    return ruling


def delete(shop: Shop, asked: Asked) -> Ruling:
    """Delete a group."""
    group = shop.group(asked.target)
    if group is None:
        return Ruling(answered={GONE})
    return Ruling(done=lambda _: shop.around(group).groups.remove(group))


def assign(shop: Shop, asked: Asked) -> Ruling:
    """Add products; they stay where else they are."""
    ruling, products, group = named(shop, asked)
    if not products.good:
        return ruling
    if group is None:
        ruling.answered.add(GONE)
        return ruling
    ruling.answered = _unknown(shop, products, products.good)
    ruling.done = lambda _: _put(group, products.good)
    return ruling


def unassign(shop: Shop, asked: Asked) -> Ruling:
    """Take products out; those that are not there are ignored."""
    ruling, products, group = named(shop, asked)
    if not products.good:
        return ruling
    if group is None:
        ruling.answered.add(GONE)
        return ruling
    ruling.done = lambda _: _take(group, products.good)
    return ruling


def set_products(shop: Shop, asked: Asked) -> Ruling:
    """Let a group hold just these."""
    ruling, products, group = named(shop, asked)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    ruling.answered = _unknown(shop, products, products.good)

    def done(_: NewIds) -> None:
        _take(group, list(group.members))
        _put(group, products.good)

    ruling.done = done
    return ruling


def move(shop: Shop, asked: Asked) -> Ruling:
    """Take products out of one group and put them into another."""
    ruling, products, source = moved(shop, asked, takes_position=False)
    target = shop.group(asked.to[0] if asked.to else None)
    if source is None or not products.good:
        return ruling
    if target is None:
        ruling.checked.add(("NOT_FOUND", ("toGroupId",)))
        return ruling

    def done(_: NewIds) -> None:
        _put(target, products.good)
        _take(source, products.good)

    ruling.done = done
    return ruling


RULES: Mapping[str, Rule] = {
    "groupUpdate": update,
    "groupCreate": create,
    "groupDelete": delete,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
}


def _unknown(shop: Shop, products: Listed, native_ids: Iterable[str]) -> set[Complaint]:
    """A complaint of each product that is not there."""
    return products.blamed("NOT_FOUND", [each for each in native_ids if each not in shop.products])


def _put(group: Group, products: Iterable[str]) -> None:
    group.members |= dict.fromkeys(products, "ACTIVE")


def _take(group: Group, products: Iterable[str]) -> None:
    for each in products:
        group.members.pop(each, None)
