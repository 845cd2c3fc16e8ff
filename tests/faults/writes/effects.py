"""What single writes do to the model of a catalogue, and how it is seen that one was made."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol

from groupgate.domain.refs import GroupRef, ProviderKey
from tests.e2e.model.catalogue import Group, Shop


class Effect(Protocol):
    """What one write does."""

    def do(self, shop: Shop) -> None:
        """Make it so."""

    def is_in(self, shop: Shop) -> bool:
        """Whether it is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Products come into a group, with these statuses; at 2Checkout they leave the one before."""

    group: GroupRef
    products: Mapping[str, str]

    def do(self, shop: Shop) -> None:
        """Put them behind those that are there."""
        if shop.key is ProviderKey.TWO_CHECKOUT:
            for product in self.products:
                for holder in list(shop.holders(product)):
                    del holder.members[product]
        group = shop.group(self.group)
        assert group is not None
        group.members |= self.products

    def is_in(self, shop: Shop) -> bool:
        """Whether all are there."""
        group = shop.group(self.group)
        return group is not None and self.products.keys() <= group.members.keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Products leave a group."""

    group: GroupRef
    products: Sequence[str]

    def do(self, shop: Shop) -> None:
        """Take them out."""
        group = shop.group(self.group)
        assert group is not None
        for product in self.products:
            group.members.pop(product, None)

    def is_in(self, shop: Shop) -> bool:
        """Whether none is there."""
        group = shop.group(self.group)
        return group is not None and group.members.keys().isdisjoint(self.products)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """The products of a group are put in order."""

    group: GroupRef
    order: Sequence[str]

    def do(self, shop: Shop) -> None:
        """Put them in order."""
        group = shop.group(self.group)
        assert group is not None
        group.members = {each: group.members[each] for each in self.order}

    def is_in(self, shop: Shop) -> bool:
        """Whether they are in order."""
        group = shop.group(self.group)
        return group is not None and list(group.members) == list(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """A group is made in the one collection that there is."""

    group: Group

    def do(self, shop: Shop) -> None:
        """Make it, as it is at first."""
        shop.collections[0].groups.append(deepcopy(self.group))

    def is_in(self, shop: Shop) -> bool:
        """Whether it is there."""
        return shop.group(self.group.ref) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All becomes as it is in another shop."""

    result: Shop

    def do(self, shop: Shop) -> None:
        """Make it so."""
        shop.collections = deepcopy(self.result.collections)

    def is_in(self, shop: Shop) -> bool:
        """Whether it is so."""
        return shop.shown() == self.result.shown()
