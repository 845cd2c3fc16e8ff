"""What a payload says of a move that could not be taken back, at vendors where it is two writes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from groupgate.domain.refs import ProductRef, ProviderKey
from tests.e2e.model.catalogue import Shop
from tests.faults.writes.claims import Claims


@dataclass(frozen=True, kw_only=True)
class MoveClaims(Claims):
    """The same of a move that could not be taken back, at a vendor where it takes two writes."""

    def check(self) -> None:
        """Each product is where it is said to be."""
        general = [each.message for each in self.told if each.index is None]
        if self.asked.provider is ProviderKey.AXIM:
            assert len(self.by_product) == len(self.asked.products or ()), self.told
        self._check_untouched()
        for product, (is_in_first, is_in_second) in self._standing().items():
            told = self.by_product.get(product)
            if told is not None:
                where = _WHERE[told.message]
                assert where is None or where == (is_in_first, is_in_second), told
            elif not general:
                assert is_in_first, f"{product} was not told to be away"
                assert not is_in_second
        for message in general:
            self._check_general(message)
        self._check_not_undone(general)

    def _standing(self) -> dict[str, tuple[bool, bool]]:
        (to,) = self.asked.to or (None,)
        first, second = self.after.group(self.asked.target), self.after.group(to)
        assert first is not None
        assert second is not None
        return {
            each.native_id: (each.native_id in first.members, each.native_id in second.members)
            for each in self.asked.products or ()
            if isinstance(each, ProductRef)
        }

    def _check_untouched(self) -> None:
        """All but the products that were moved is as it was."""
        moved = self._standing()
        shown = [_without(shop, moved) for shop in (self.before, self.after)]
        assert shown[0] == shown[1], "something else has changed"
        if self.asked.provider is ProviderKey.DODO:
            assert not any(all(where) for where in moved.values())

    def _check_general(self, message: str) -> None:
        (to,) = self.asked.to or (None,)
        standing = self._standing().values()
        if message == _ARRIVED:
            assert self.after.shown() == self.result.shown()
        elif message == _NOT_AT_POSITION:
            assert all(is_in_second for _, is_in_second in standing)
            now, then = self.after.group(to), self.result.group(to)
            assert now is not None
            assert then is not None
            assert list(now.members) != list(then.members)
        elif message == _IN_DISORDER:
            assert all(is_in_first for is_in_first, _ in standing)
            assert self.after.shown() != self.before.shown()
        else:
            assert _NOT_UNDONE.fullmatch(message), message

    def _check_not_undone(self, general: Sequence[str]) -> None:
        """As many products are out as are said to be, and in the second group likewise."""
        told = [match for match in map(_NOT_UNDONE.fullmatch, general) if match]
        if not told:
            return
        standing = self._standing().values()
        out = sum(not is_in_first for is_in_first, _ in standing)
        arrived = sum(is_in_second for _, is_in_second in standing)
        for verb, count in (("Remove", out), ("Add", arrived)):
            known = [_products(each) for each in told if each["known"] and each["verb"] == verb]
            open_ = [_products(each) for each in told if each["may"] and each["verb"] == verb]
            assert sum(known) <= count <= sum(known) + sum(open_), (verb, count, general)


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
    ): (
        False,
        True,
    ),
    (
        "The product was removed from the source group, could not be added back, and is now in "
        "neither group."
    ): (
        False,
        False,
    ),
}
"""By what is told of a product: whether the first group has it, and the second."""

_ARRIVED: Final = (
    "Dodo Payments reported a failure, but the products are in the target group as requested."
)
_NOT_AT_POSITION: Final = "The products are in the target group, but not at this position."
_IN_DISORDER: Final = "The products are back in the source group, but not in their previous order."
_NOT_UNDONE: Final = re.compile(
    r"The write ((?P<known>was)|(?P<may>may have been)) applied and could not be rolled back: "
    r"(?P<verb>Remove|Add) (?P<what>.*)"
)


def _products(match: re.Match[str]) -> int:
    return int(match["what"].split()[0]) if match["verb"] == "Add" else 1


def _without(shop: Shop, moved: Mapping[str, object]) -> list[object]:
    """All that is held, but for these products in the two groups of a move."""
    return [
        [
            collection.ref,
            collection.is_archived,
            [
                [
                    *group.shown(is_ordered=True)[:-1],
                    [row for row in group.members.items() if row[0] not in moved],
                ]
                for group in collection.groups
            ],
        ]
        for collection in shop.collections
    ]
