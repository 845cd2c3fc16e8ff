"""Checks the user errors of a move that could not be rolled back, where it takes two writes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groupgate.domain.refs import ProductRef, ProviderKey
from tests.e2e.model.catalog import Catalog
from tests.faults.writes.partial_failures import PartialFailure


@dataclass(frozen=True, kw_only=True)
class PartialMove(PartialFailure):
    """User errors of a move that could not be rolled back."""

    def check(self) -> None:
        """Assert that each product is where its error says."""
        general = [each.message for each in self.errors if each.index is None]
        if self.request.provider is ProviderKey.AXIM:
            assert len(self.by_product) == len(self.request.products or ()), self.errors
        self._check_rest_unchanged()
        for product, (is_in_source, is_in_target) in self._positions().items():
            error = self.by_product.get(product)
            if error is not None:
                where = _WHERE[error.message]
                assert where is None or where == (is_in_source, is_in_target), error
            elif not general:
                assert is_in_source, f"{product} has left the source group without an error"
                assert not is_in_target
        for message in general:
            self._check_general(message)
        self._check_not_rolled_back(general)

    def _positions(self) -> dict[str, tuple[bool, bool]]:
        """Return by product whether the source has it and whether the target has it."""
        (to,) = self.request.to or (None,)
        source = self.after.existing_group(self.request.target)
        target = self.after.existing_group(to)
        return {
            each.native_id: (each.native_id in source.members, each.native_id in target.members)
            for each in self.request.products or ()
            if isinstance(each, ProductRef)
        }

    def _check_rest_unchanged(self) -> None:
        """Assert that everything but the moved products is unchanged."""
        moved = self._positions()
        before, after = (_state_without(each, moved) for each in (self.before, self.after))
        assert before == after, "something else has changed"
        if self.request.provider is ProviderKey.DODO:
            assert not any(all(where) for where in moved.values())

    def _check_general(self, message: str) -> None:
        (to,) = self.request.to or (None,)
        positions = self._positions().values()
        if message == _ARRIVED:
            assert self.after.state() == self.requested.state()
        elif message == _NOT_AT_POSITION:
            assert all(is_in_target for _, is_in_target in positions)
            now, wanted = self.after.existing_group(to), self.requested.existing_group(to)
            assert list(now.members) != list(wanted.members)
        elif message == _OUT_OF_ORDER:
            assert all(is_in_source for is_in_source, _ in positions)
            assert self.after.state() != self.before.state()
        else:
            assert _NOT_ROLLED_BACK.fullmatch(message), message

    def _check_not_rolled_back(self, general: Sequence[str]) -> None:
        """Assert the number of products that are said to have left or to have arrived."""
        messages = [match for match in map(_NOT_ROLLED_BACK.fullmatch, general) if match]
        if not messages:
            return
        positions = self._positions().values()
        left = sum(not is_in_source for is_in_source, _ in positions)
        arrived = sum(is_in_target for _, is_in_target in positions)
        for verb, count in (("Remove", left), ("Add", arrived)):
            of_verb = [each for each in messages if each["verb"] == verb]
            certain = sum(_product_count(each) for each in of_verb if each["known"])
            possible = sum(_product_count(each) for each in of_verb if each["may"])
            assert certain <= count <= certain + possible, (verb, count, general)


_WHERE: Final[Mapping[str, tuple[bool, bool] | None]] = {
    "The product is in both groups now.": (True, True),
    "The product is still in the source group.": (True, False),
    "The product is in the target group as requested.": (False, True),
    "The product is in neither group now.": (False, False),
    "The gateway could not find out which of the two groups contains the product now.": None,
    (
        "The gateway could not find out where the product is now: in the source group, in the "
        "target group or in neither."
    ): None,
    (
        "The product was removed from the source group, could not be added back, and is now in "
        "the target group."
    ): (False, True),
    (
        "The product was removed from the source group, could not be added back, and is now in "
        "neither group."
    ): (False, False),
}
"""By message about a product: whether the source has it and whether the target has it."""

_ARRIVED: Final = (
    "Dodo Payments reported a failure, but the products are in the target group as requested."
)
_NOT_AT_POSITION: Final = "The products are in the target group, but not at this position."
_OUT_OF_ORDER: Final = "The products are back in the source group, but not in their previous order."
_NOT_ROLLED_BACK: Final = re.compile(
    r"The write ((?P<known>was)|(?P<may>may have been)) applied and could not be rolled back: "
    r"(?P<verb>Remove|Add|Reorder) (?P<what>.*)"
)


def _product_count(match: re.Match[str]) -> int:
    return int(match["what"].split()[0]) if match["verb"] == "Add" else 1


def _state_without(catalog: Catalog, moved: Mapping[str, object]) -> list[object]:
    """Return a comparable copy of a catalog without these products."""
    return [
        [
            collection.ref,
            collection.is_archived,
            [
                [
                    *group.state(is_ordered=True)[:-1],
                    [row for row in group.members.items() if row[0] not in moved],
                ]
                for group in collection.groups
            ],
        ]
        for collection in catalog.collections
    ]
