"""What 2Checkout makes of mutations: each product is in just one group, and moves one by one."""

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
)

TAKES = {"description", "templateName"}
GENERAL = "General"
DEFAULT_TEMPLATE = "Default Template"


def create(shop: Shop, asked: Asked) -> Ruling:
    """Make a group and put those products into it that are there."""
    given, products = asked.input or {}, listed(asked.products or (), shop.key)
    ruling = Ruling(
        plain=products.wrong
        | name_input(given, "input", may_lack=False, is_new=True)
        | group_input(given, "input", takes=TAKES)
    )
    if any(group.name == given.get("name") for group in shop.groups):
        ruling.answered.add(("TAKEN", ("input", "name")))
        return ruling
    ruling.answered = _unknown(shop, products)

    def done(made: NewIds) -> None:
        group = Group(
            ref=GroupRef(provider=shop.key, native_id=made["group"]),
            name=given["name"],
            description=given.get("description") or "",
            template=given.get("templateName") or DEFAULT_TEMPLATE,
        )
        shop.collections[0].groups.append(group)
        _put(shop, products.good, group)

    ruling.done = ruling.partly = done
    return ruling


def assign(shop: Shop, asked: Asked) -> Ruling:
    """Put those products into a group that are there; they leave the one they were in."""
    ruling, products, group = named(shop, asked)
    if not products.good:
        return ruling
    ruling.answered = _unknown(shop, products)
    if group is None:
        ruling.answered.add(GONE)
        return ruling
    ruling.done = ruling.partly = lambda _: _put(shop, products.good, group)
    return ruling


def unassign(shop: Shop, asked: Asked) -> Ruling:
    """Let products fall back to the general group, which they leave in no such way."""
    ruling, products, group = named(shop, asked)
    if not products.good:
        return ruling
    unknown = _unknown(shop, products)
    if group is None:
        ruling.answered = unknown | {GONE}
        return ruling
    leaving = [each for each in products.good if each in group.members]
    if group.name == GENERAL:
        ruling.checked = unknown | products.blamed("INVALID", leaving)
        return ruling
    ruling.answered = unknown
    ruling.done = ruling.partly = lambda _: _put(shop, leaving, _general(shop))
    return ruling


def set_products(shop: Shop, asked: Asked) -> Ruling:
    """Put products in; the others fall back to the general group if that went well."""
    ruling, products, group = named(shop, asked)
    if group is None:
        ruling.checked.add(GONE)
        return ruling
    surplus = [each for each in group.members if each not in products.good]
    if surplus and group.name == GENERAL:
        ruling.checked.add(("INVALID", None))
    ruling.answered = _unknown(shop, products)
    if surplus and ruling.answered:
        ruling.answered.add(("INCOMPLETE", None))
    ruling.partly = lambda _: _put(shop, products.good, group)

    def done(_: NewIds) -> None:
        _put(shop, products.good, group)
        _put(shop, surplus, _general(shop))

    ruling.done = done
    return ruling


def move(shop: Shop, asked: Asked) -> Ruling:
    """Put products of one group into another."""
    ruling, products, source = moved(shop, asked, takes_position=False)
    target = shop.group(asked.to[0] if asked.to else None)
    if source is None or not products.good:
        return ruling
    if target is None:
        ruling.answered.add(("NOT_FOUND", ("toGroupId",)))
        return ruling
    ruling.done = lambda _: _put(shop, products.good, target)
    return ruling


RULES: Mapping[str, Rule] = {
    "groupCreate": create,
    "groupAssignProducts": assign,
    "groupUnassignProducts": unassign,
    "groupSetProducts": set_products,
    "groupMoveProducts": move,
}


def _unknown(shop: Shop, products: Listed) -> set[Complaint]:
    """A complaint of each product that is not there."""
    strange = [each for each in products.good if each not in shop.products]
    return products.blamed("NOT_FOUND", strange)


def _put(shop: Shop, products: Iterable[str], target: Group) -> None:
    """Put those products into a group that are there."""
    for each in products:
        for holder in list(shop.holders(each)):
            del holder.members[each]
            target.members[each] = "ACTIVE"


def _general(shop: Shop) -> Group:
    return next(group for group in shop.groups if group.name == GENERAL)
