"""What each vendor holds, and what the model of its catalogue makes of a mutation."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Final

from groupgate.domain.refs import ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Simulator
from tests.e2e.model import axim, dodo, two_checkout
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Shop, axim_shop, dodo_shop, two_checkout_shop
from tests.e2e.model.ruling import NewIds, Rule, Ruling

RULES: Final[Mapping[ProviderKey, Mapping[str, Rule]]] = {
    ProviderKey.DODO: dodo.RULES,
    ProviderKey.AXIM: axim.RULES,
    ProviderKey.TWO_CHECKOUT: two_checkout.RULES,
}
"""What a vendor can do."""

_SHOPS: Final = {
    ProviderKey.DODO: dodo_shop,
    ProviderKey.AXIM: axim_shop,
    ProviderKey.TWO_CHECKOUT: two_checkout_shop,
}


def played(sandbox: Sandbox, key: ProviderKey) -> Simulator:
    """The vendor itself."""
    vendor: Simulator = getattr(sandbox, key.value.lower())
    return vendor


def held(sandbox: Sandbox, key: ProviderKey) -> Shop:
    """What a vendor holds."""
    return _SHOPS[key](played(sandbox, key).snapshot())


def ruled(before: Shop, asked: Asked, made: NewIds) -> tuple[Shop, Ruling]:
    """What a vendor is to hold after a mutation that meets no fault, and what may be told of it.

    Where it makes something whose id is not in `made`, nothing is made.
    """
    shop = deepcopy(before)
    ruling = RULES[shop.key][asked.mutation](shop, asked)
    is_possible = bool(made) or not asked.mutation.endswith("Create")
    if not ruling.is_seen and is_possible:
        ruling.follow(made)
    return shop, ruling


def new_ids(before: Shop, after: Shop) -> NewIds:
    """The ids of what is there after a mutation and was not before: one thing at most."""
    groups = {each.ref for each in after.groups} - {each.ref for each in before.groups}
    homes = {each.ref for each in after.collections} - {each.ref for each in before.collections}
    assert len(groups) <= 1, "two groups were made"
    assert len(homes) <= 1, "two collections were made"
    made = {"group": [each.native_id for each in groups]}
    made["collection"] = [each.native_id or "" for each in homes]
    return {name: native_id for name, ids in made.items() for native_id in ids}
