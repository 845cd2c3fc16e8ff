"""What may come into Dodo's groups, and what they hold then."""

from collections.abc import Iterable

from groupgate.domain.refs import CollectionRef, GroupRef
from tests.e2e.model.asking import Input
from tests.e2e.model.catalogue import Collection, Group, Shop
from tests.e2e.model.ruling import GONE, Listed, Ruling, set_fields

TAKES = {"status"}
"""What groups take besides a name."""


def is_taken(holder: Collection, name: str | None, own: Group | None = None) -> bool:
    """Whether another group has this name; of those without one there may be one."""
    return any(group.name == name for group in holder.groups if group is not own)


def check_added(shop: Shop, group: Group, products: Listed, ruling: Ruling) -> None:
    """Say why products that are not in a group cannot come into it."""
    holder = shop.around(group)
    missing = [each for each in products.good if each not in group.members]
    if missing and holder.is_archived:
        ruling.answered.add(GONE)
    check_admitted(shop, holder, products, missing, ruling)


def check_admitted(
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


def new_group(
    holder: CollectionRef, native_id: str, given: Input, products: Iterable[str]
) -> Group:
    """A new group, all of whose products are offered."""
    ref = GroupRef(provider=holder.provider, collection_id=holder.native_id, native_id=native_id)
    members = dict.fromkeys(products, "ACTIVE")
    group = Group(ref=ref, name=None, members=members)
    set_fields(group, given)
    return group


def put(group: Group, order: Iterable[str]) -> None:
    """Let a group hold these, in this order; new ones are offered."""
    group.members = {each: group.members.get(each, "ACTIVE") for each in order}
