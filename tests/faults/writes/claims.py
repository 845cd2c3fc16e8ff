"""What a payload says of a change that stopped halfway, held against what the vendor holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from groupgate.domain.refs import ProductRef
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Shop

Field = tuple[str, ...] | None

UNKNOWN: Final = "The write may have been applied"
_NOT_DONE: Final = ("The write was not applied", "The write was not sent")
_NO_PRODUCT: Final = "Planned write: "


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A user error."""

    code: str
    field: Field
    message: str

    @property
    def is_unknown(self) -> bool:
        """Whether it says that nobody knows."""
        return self.message.startswith(UNKNOWN)

    @property
    def index(self) -> int | None:
        """The place of the product that it is about, if it is about one that was given."""
        is_product = self.field is not None and self.field[0] == "productIds"
        return int(self.field[1]) if is_product and self.field and len(self.field) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Claims:
    """User errors of a mutation, and the shop before it, after it, and as it was to be."""

    asked: Asked
    told: Sequence[Told]
    before: Shop
    after: Shop
    result: Shop

    @cached_property
    def by_product(self) -> Mapping[str, Told]:
        """What is told of products that were given."""
        refs = self.asked.products or ()
        indices = {each.index: each for each in self.told if each.index is not None}
        return {
            ref.native_id: indices[index]
            for index, ref in enumerate(refs)
            if isinstance(ref, ProductRef) and index in indices
        }

    def check(self) -> None:
        """What is said to be done is held, and what is said not to be done is not."""
        for ref in self.asked.products or ():
            if isinstance(ref, ProductRef):
                self._check_product(ref.native_id)
        for told in self.told:
            if _NO_PRODUCT in told.message and not told.is_unknown:
                assert self.after.shown() != self.result.shown(), told
        self._check_surplus()

    def _check_product(self, product: str) -> None:
        told = self.by_product.get(product)
        now = places(self.after, product)
        if told is None:
            assert now == places(self.result, product), f"{product} is not where it was to be"
        elif not told.is_unknown:
            assert told.code != "INCOMPLETE" or told.message.startswith(_NOT_DONE), told
            assert now == places(self.before, product), f"{product} is not where it was: {told}"

    def _check_surplus(self) -> None:
        """Products that nobody named, and that were to leave, are told without an argument."""
        if self.asked.mutation != "groupSetProducts":
            return
        about = [each for each in self.told if each.field is None]
        about = [each for each in about if _NO_PRODUCT not in each.message]
        group, wanted = self.after.group(self.asked.target), self.result.group(self.asked.target)
        assert group is not None
        assert wanted is not None
        named = {each.native_id for each in self.asked.products or () if each}
        left = [each for each in group.members if each not in named]
        certain = [each for each in about if not each.is_unknown]
        assert len(certain) <= len(left) <= len(about), (about, left)


def places(shop: Shop, product: str) -> dict[str, str]:
    """The groups that hold a product, and its status there."""
    return {group.ref.native_id: group.members[product] for group in shop.holders(product)}
