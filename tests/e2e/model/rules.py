"""The rules of all vendors: the expected result of each mutation that a vendor supports."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Final

from groupgate.domain.refs import ProviderKey
from tests.e2e.model import axim, dodo_collections, dodo_groups, two_checkout
from tests.e2e.model.catalog import Catalog
from tests.e2e.model.expectation import Expectation, NewIds, Rule
from tests.e2e.model.mutation import MutationRequest

RULES: Final[Mapping[ProviderKey, Mapping[str, Rule]]] = {
    ProviderKey.DODO: {**dodo_groups.RULES, **dodo_collections.RULES},
    ProviderKey.AXIM: axim.RULES,
    ProviderKey.TWO_CHECKOUT: two_checkout.RULES,
}


def predict(
    before: Catalog, request: MutationRequest, new_ids: NewIds
) -> tuple[Catalog, Expectation]:
    """Return the catalog after a mutation that meets no fault, and its possible user errors.

    If the id of something that the mutation creates is not in `new_ids`, it is not created.
    """
    catalog = deepcopy(before)
    expectation = RULES[catalog.key][request.mutation](catalog, request)
    is_possible = bool(new_ids) or not request.mutation.endswith("Create")
    if not expectation.is_refused_before_writes and is_possible:
        expectation.apply(new_ids)
    return catalog, expectation
