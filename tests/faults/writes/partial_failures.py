"""Checks the user errors of a mutation that failed partially against the vendor's catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from groupgate.domain.refs import ProductRef
from tests.e2e.model.catalog import Catalog
from tests.e2e.model.mutation import MutationRequest

Field = tuple[str, ...] | None

UNKNOWN: Final = "The write may have been applied"
_NOT_DONE: Final = ("The write was not applied", "The write was not sent")
_STEP_WITHOUT_PRODUCT: Final = "Planned write: "


@dataclass(frozen=True, slots=True, kw_only=True)
class UserError:
    """A user error of a payload."""

    code: str
    field: Field
    message: str

    @property
    def is_unknown(self) -> bool:
        """True if the outcome is reported as unknown."""
        return self.message.startswith(UNKNOWN)

    @property
    def index(self) -> int | None:
        """The index of the requested product that the error is about, if it is about one."""
        is_product = self.field is not None and self.field[0] == "productIds"
        return int(self.field[1]) if is_product and self.field and len(self.field) > 1 else None


@dataclass(frozen=True, kw_only=True)
class PartialFailure:
    """User errors of a mutation, and the catalog before it, after it and as requested."""

    request: MutationRequest
    errors: Sequence[UserError]
    before: Catalog
    after: Catalog
    requested: Catalog

    @cached_property
    def by_product(self) -> Mapping[str, UserError]:
        """The errors about requested products."""
        refs = self.request.products or ()
        indexes = {each.index: each for each in self.errors if each.index is not None}
        return {
            ref.native_id: indexes[index]
            for index, ref in enumerate(refs)
            if isinstance(ref, ProductRef) and index in indexes
        }

    def check(self) -> None:
        """Assert that what is reported as applied is applied, and nothing that is not."""
        for ref in self.request.products or ():
            if isinstance(ref, ProductRef):
                self._check_product(ref.native_id)
        for error in self.errors:
            if _STEP_WITHOUT_PRODUCT in error.message and not error.is_unknown:
                assert self.after.state() != self.requested.state(), error
        self._check_surplus()

    def _check_product(self, product: str) -> None:
        error = self.by_product.get(product)
        now = memberships(self.after, product)
        if error is None:
            assert now == memberships(self.requested, product), f"{product} is not as requested"
        elif not error.is_unknown:
            assert error.code != "INCOMPLETE" or error.message.startswith(_NOT_DONE), error
            assert now == memberships(self.before, product), f"{product} has changed: {error}"

    def _check_surplus(self) -> None:
        """Assert that each product that was not removed from the set has an error of its own.

        The request does not name these products, so their errors have no field.
        """
        if self.request.mutation != "groupSetProducts":
            return
        general = [each for each in self.errors if each.field is None]
        general = [each for each in general if _STEP_WITHOUT_PRODUCT not in each.message]
        group = self.after.existing_group(self.request.target)
        self.requested.existing_group(self.request.target)
        named = {each.native_id for each in self.request.products or () if each}
        left = [each for each in group.members if each not in named]
        certain = [each for each in general if not each.is_unknown]
        assert len(certain) <= len(left) <= len(general), (general, left)


def memberships(catalog: Catalog, product: str) -> dict[str, str]:
    """Return the groups that have a product, and its status there."""
    return {group.ref.native_id: group.members[product] for group in catalog.groups_with(product)}
