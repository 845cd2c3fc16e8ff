"""Where a mutation may stop: its writes as this test would make them, stage after stage."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Final

from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Group, Shop
from tests.e2e.model.ruling import NewIds
from tests.faults.writes.effects import Effect, Make, Put, Sort, Take, Whole
from tests.faults.writes.vendors import ruled

Stages = Sequence[Sequence[Effect]]


def is_on_the_way(before: Shop, after: Shop, asked: Asked, made: NewIds) -> bool:
    """Whether some of the writes, in their order and each once, lead from the one to the other."""
    reached = deepcopy(before)
    for stage in stages(before, asked, made):
        seen = [effect for effect in stage if effect.is_in(after)]
        for effect in seen:
            effect.do(reached)
        if len(seen) < len(stage):
            break
    return reached.shown() == after.shown()


def stages(before: Shop, asked: Asked, made: NewIds) -> Stages:
    """The writes of a mutation; those of one stage may be made in any order."""
    result, ruling = ruled(before, asked, made)
    if ruling.is_seen:
        return []
    several = _SEVERAL.get((before.key, asked.mutation))
    found = several(before, asked) if several else [[Whole(result=result)]]
    if asked.mutation != "groupCreate" or before.key is ProviderKey.DODO:
        return [stage for stage in found if stage]
    return _creation(before, asked, made, result)


def named(asked: Asked) -> list[str]:
    """The vendor's own ids of the products of a mutation."""
    return [each.native_id for each in asked.products or () if isinstance(each, ProductRef)]


def _creation(before: Shop, asked: Asked, made: NewIds, result: Shop) -> Stages:
    """A group without products, and with the fields that creation takes; then the rest."""
    fields = {name: value for name, value in (asked.input or {}).items() if name != "access"}
    bare, _ = ruled(before, replace(asked, products=(), input=fields), made)
    ref = GroupRef(provider=before.key, native_id=made.get("group", ""))
    group = bare.group(ref)
    if group is None:
        return []
    if before.key is ProviderKey.AXIM:
        return [[Make(group=group)], [Whole(result=result)]]
    return [[Make(group=group)], _one_by_one(ref, named(asked))]


def _dodo_unassign(before: Shop, asked: Asked) -> Stages:
    group = _group(before, asked)
    return [_taken(group, [each for each in named(asked) if each in group.members])]


def _dodo_set(before: Shop, asked: Asked) -> Stages:
    group, wanted = _group(before, asked), named(asked)
    missing = [each for each in wanted if each not in group.members]
    surplus = [each for each in group.members if each not in wanted]
    adding = [Put(group=group.ref, products=dict.fromkeys(missing, "ACTIVE"))] if missing else []
    return [adding, _taken(group, surplus), [Sort(group=group.ref, order=wanted)]]


def _dodo_move(before: Shop, asked: Asked) -> Stages:
    """In two halves where the collection would have nothing in between."""
    source, target, moved = _group(before, asked), _target(before, asked), named(asked)
    is_all = before.around(source).products <= set(moved)
    found: list[Sequence[Effect]] = []
    for half in (moved[:-1], moved[-1:]) if is_all else (moved,):
        statuses = {each: source.members[each] for each in half}
        found += [_taken(source, half), [Put(group=target.ref, products=statuses)]]
    there = list(target.members)
    if asked.position is not None and asked.position < len(there):
        order = [*there[: asked.position], *moved, *there[asked.position :]]
        found.append([Sort(group=target.ref, order=order)])
    return found if moved else []


def _axim_move(before: Shop, asked: Asked) -> Stages:
    source, target, moved = _group(before, asked), _target(before, asked), named(asked)
    new = dict.fromkeys((each for each in moved if each not in target.members), "ACTIVE")
    adding = [Put(group=target.ref, products=new)] if new else []
    return [adding, [Take(group=source.ref, products=moved)]]


def _two_checkout_put(before: Shop, asked: Asked) -> Stages:
    (to,) = asked.to or (asked.target,)
    group = before.group(to)
    return [_one_by_one(group.ref, named(asked))] if group else []


def _two_checkout_unassign(before: Shop, asked: Asked) -> Stages:
    group = before.group(asked.target)
    if group is None:
        return []
    return [_fallen(before, [each for each in named(asked) if each in group.members])]


def _two_checkout_set(before: Shop, asked: Asked) -> Stages:
    group, wanted = _group(before, asked), named(asked)
    missing = [each for each in wanted if each not in group.members]
    surplus = [each for each in group.members if each not in wanted]
    return [_one_by_one(group.ref, missing), _fallen(before, surplus)]


_SEVERAL: Final[Mapping[tuple[ProviderKey, str], Callable[[Shop, Asked], Stages]]] = {
    (ProviderKey.DODO, "groupUnassignProducts"): _dodo_unassign,
    (ProviderKey.DODO, "groupSetProducts"): _dodo_set,
    (ProviderKey.DODO, "groupMoveProducts"): _dodo_move,
    (ProviderKey.AXIM, "groupMoveProducts"): _axim_move,
    (ProviderKey.TWO_CHECKOUT, "groupAssignProducts"): _two_checkout_put,
    (ProviderKey.TWO_CHECKOUT, "groupMoveProducts"): _two_checkout_put,
    (ProviderKey.TWO_CHECKOUT, "groupUnassignProducts"): _two_checkout_unassign,
    (ProviderKey.TWO_CHECKOUT, "groupSetProducts"): _two_checkout_set,
}
"""Changes of several writes; groups that are made are another matter, and all others are one."""


def _group(shop: Shop, asked: Asked) -> Group:
    group = shop.group(asked.target)
    assert group is not None
    return group


def _target(shop: Shop, asked: Asked) -> Group:
    group = shop.group(asked.to[0] if asked.to else None)
    assert group is not None
    return group


def _taken(group: Group, products: Sequence[str]) -> list[Take]:
    return [Take(group=group.ref, products=(each,)) for each in products]


def _one_by_one(group: GroupRef, products: Sequence[str]) -> list[Put]:
    return [Put(group=group, products={each: "ACTIVE"}) for each in products]


def _fallen(shop: Shop, products: Sequence[str]) -> list[Put]:
    """Products that are taken out of a group come into the general one."""
    general = next(group.ref for group in shop.groups if group.name == "General")
    return _one_by_one(general, products)
