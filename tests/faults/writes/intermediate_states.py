"""The states that a catalog can have between the writes of a mutation."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Final

from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.expectation import NewIds
from tests.e2e.model.mutation import MutationRequest
from tests.e2e.model.rules import predict
from tests.faults.writes.effects import (
    AddProducts,
    CreateGroup,
    Effect,
    RemoveProducts,
    ReorderProducts,
    ReplaceCatalog,
)

Stages = Sequence[Sequence[Effect]]


def is_intermediate(
    before: Catalog, after: Catalog, request: MutationRequest, new_ids: NewIds
) -> bool:
    """Return True if some of the writes, in order and each once, lead from `before` to `after`."""
    reached = deepcopy(before)
    for stage in stages(before, request, new_ids):
        applied = [effect for effect in stage if effect.is_applied(after)]
        for effect in applied:
            effect.apply(reached)
        if len(applied) < len(stage):
            break
    return reached.state() == after.state()


def stages(before: Catalog, request: MutationRequest, new_ids: NewIds) -> Stages:
    """Return the writes of a mutation; those of one stage may be sent in any order."""
    result, expectation = predict(before, request, new_ids)
    if expectation.is_refused_before_writes:
        return []
    several = _SEVERAL_WRITES.get((before.key, request.mutation))
    found = several(before, request) if several else [[ReplaceCatalog(result=result)]]
    if request.mutation != "groupCreate" or before.key is ProviderKey.DODO:
        return [stage for stage in found if stage]
    return _group_creation(before, request, new_ids, result)


def _product_ids(request: MutationRequest) -> list[str]:
    return [each.native_id for each in request.products or () if isinstance(each, ProductRef)]


def _group_creation(
    before: Catalog, request: MutationRequest, new_ids: NewIds, result: Catalog
) -> Stages:
    """Create the group with the fields that the creating write takes, then set the others."""
    fields = {name: value for name, value in (request.input or {}).items() if name != "access"}
    created, _ = predict(before, replace(request, products=(), input=fields), new_ids)
    ref = GroupRef(provider=before.key, native_id=new_ids.get("group", ""))
    group = created.group(ref)
    if group is None:
        return []
    if before.key is ProviderKey.AXIM:
        return [[CreateGroup(group=group)], [ReplaceCatalog(result=result)]]
    return [[CreateGroup(group=group)], _add_each(ref, _product_ids(request))]


def _dodo_unassign(before: Catalog, request: MutationRequest) -> Stages:
    group = before.existing_group(request.target)
    return [_remove_each(group, [i for i in _product_ids(request) if i in group.members])]


def _dodo_set(before: Catalog, request: MutationRequest) -> Stages:
    group, wanted, missing, surplus = _set_difference(before, request)
    products = dict.fromkeys(missing, "ACTIVE")
    adding = [AddProducts(group=group.ref, products=products)] if missing else []
    order = ReorderProducts(group=group.ref, order=wanted)
    return [adding, _remove_each(group, surplus), [order]]


def _dodo_move(before: Catalog, request: MutationRequest) -> Stages:
    """Move the last product separately if the collection would be empty in between."""
    source, target, moved = _move_arguments(before, request)
    is_all = before.collection_of(source).products <= set(moved)
    found: list[Sequence[Effect]] = []
    for part in (moved[:-1], moved[-1:]) if is_all else (moved,):
        statuses = {each: source.members[each] for each in part}
        adding = AddProducts(group=target.ref, products=statuses)
        found += [_remove_each(source, part), [adding]]
    old = list(target.members)
    if request.position is not None and request.position < len(old):
        order = [*old[: request.position], *moved, *old[request.position :]]
        found.append([ReorderProducts(group=target.ref, order=order)])
    return found if moved else []


def _axim_move(before: Catalog, request: MutationRequest) -> Stages:
    source, target, moved = _move_arguments(before, request)
    new = dict.fromkeys((each for each in moved if each not in target.members), "ACTIVE")
    adding = [AddProducts(group=target.ref, products=new)] if new else []
    return [adding, [RemoveProducts(group=source.ref, products=moved)]]


def _two_checkout_put(before: Catalog, request: MutationRequest) -> Stages:
    (to,) = request.to or (request.target,)
    group = before.group(to)
    return [_add_each(group.ref, _product_ids(request))] if group else []


def _two_checkout_unassign(before: Catalog, request: MutationRequest) -> Stages:
    group = before.group(request.target)
    if group is None:
        return []
    return [_add_to_general(before, [i for i in _product_ids(request) if i in group.members])]


def _two_checkout_set(before: Catalog, request: MutationRequest) -> Stages:
    group, _, missing, surplus = _set_difference(before, request)
    return [_add_each(group.ref, missing), _add_to_general(before, surplus)]


_SEVERAL_WRITES: Final[
    Mapping[tuple[ProviderKey, str], Callable[[Catalog, MutationRequest], Stages]]
] = {
    (ProviderKey.DODO, "groupUnassignProducts"): _dodo_unassign,
    (ProviderKey.DODO, "groupSetProducts"): _dodo_set,
    (ProviderKey.DODO, "groupMoveProducts"): _dodo_move,
    (ProviderKey.AXIM, "groupMoveProducts"): _axim_move,
    (ProviderKey.TWO_CHECKOUT, "groupAssignProducts"): _two_checkout_put,
    (ProviderKey.TWO_CHECKOUT, "groupMoveProducts"): _two_checkout_put,
    (ProviderKey.TWO_CHECKOUT, "groupUnassignProducts"): _two_checkout_unassign,
    (ProviderKey.TWO_CHECKOUT, "groupSetProducts"): _two_checkout_set,
}
"""Mutations of several writes, without group creation; every other mutation is one write."""


def _set_difference(
    before: Catalog, request: MutationRequest
) -> tuple[Group, list[str], list[str], list[str]]:
    """Return the group, the wanted products, those it does not have and those not wanted."""
    group, wanted = before.existing_group(request.target), _product_ids(request)
    missing = [each for each in wanted if each not in group.members]
    surplus = [each for each in group.members if each not in wanted]
    return group, wanted, missing, surplus


def _move_arguments(before: Catalog, request: MutationRequest) -> tuple[Group, Group, list[str]]:
    (to,) = request.to or (None,)
    source = before.existing_group(request.target)
    return source, before.existing_group(to), _product_ids(request)


def _remove_each(group: Group, products: Sequence[str]) -> list[RemoveProducts]:
    return [RemoveProducts(group=group.ref, products=(each,)) for each in products]


def _add_each(group: GroupRef, products: Sequence[str]) -> list[AddProducts]:
    return [AddProducts(group=group, products={each: "ACTIVE"}) for each in products]


def _add_to_general(catalog: Catalog, products: Sequence[str]) -> list[AddProducts]:
    """Products that are removed from a group of 2Checkout move to its general group."""
    general = next(group.ref for group in catalog.groups if group.name == "General")
    return _add_each(general, products)
