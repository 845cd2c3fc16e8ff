"""Finds out why 2Checkout rejected a write: its statuses have no documented reasons."""

from collections.abc import Iterable, Sequence

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Refused
from groupgate.domain.planner import write_not_applied
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.domain.refusals import (
    Conflict,
    InvalidInput,
    NotFound,
    Refusal,
    UserErrorCode,
    not_accepted,
    not_found,
)
from groupgate.providers.two_checkout import mapping
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.providers.two_checkout.mapping import Mapper
from groupgate.upstream.results import unwrap
from groupgate.upstream.transport import is_addressable


class RejectionDiagnosis:
    """Reads the groups and products of a rejected write, to find the reason."""

    def __init__(self, client: TwoCheckoutClient, reads: Provider) -> None:
        self._client = client
        self._reads = reads

    async def diagnose_creation(self, name: object) -> Refused:
        """Return the error to raise for a new group that was rejected."""
        with write_not_applied():
            group = await self.find_group(name)
        if group is None:
            return Refused(not_accepted(ProviderKey.TWO_CHECKOUT, ("input",)))
        return Refused(name_taken(group))

    async def diagnose_addition(self, product: ProductRef, group: GroupRef) -> Refused:
        """Return the error to raise for a product that was not added to a group."""
        with write_not_applied():
            found = unwrap((await self._reads.get_products([product])).get(product))
        if found is None:
            return Refused(not_found(product))
        # The call names only the product and the group, so that the group must be the reason.
        message = "2Checkout does not add products to this group; it may not exist."
        return Refused(NotFound(message=message, about=group))

    async def check_removal(self, product: ProductRef, group: GroupRef) -> None:
        """Raise Refused after a rejected removal, unless the product is not in the group."""
        with write_not_applied():
            await self.check_not_in_group([product], group)
            await self._check_exists(group)

    async def check_not_in_group(self, products: Sequence[ProductRef], group: GroupRef) -> None:
        """Read the products; raise Refused for those that are in the group or do not exist."""
        groups_of = await self._reads.groups_of(products)
        refusals: list[Refusal] = []
        for product in products:
            groups = unwrap(groups_of.get(product))
            if groups is None:
                refusals.append(not_found(product))
            elif group in groups:
                refusals += self.not_removable([product], group)
        if refusals:
            raise Refused(*refusals)

    def is_general(self, group: GroupRef) -> bool:
        """Return True if an earlier response shows that this is the group "General"."""
        return self._client.group_names.get(group.native_id) == mapping.GENERAL

    def not_removable(self, products: Iterable[ProductRef], group: GroupRef) -> list[Refusal]:
        """Refuse to remove products from the group that they are in."""
        message = "2Checkout does not remove the product from this group."
        if self.is_general(group):
            message = "A product leaves the General group only when it is added to another group."
        code = UserErrorCode.INVALID
        return [InvalidInput(message=message, code=code, about=product) for product in products]

    async def find_group(self, name: object) -> Group | None:
        """Read the groups, and return the one with this name."""
        groups = Mapper(self._client.account).groups(await self._client.list_product_groups())
        return next((group for group in groups if group.name == name), None)

    async def _check_exists(self, group: GroupRef) -> None:
        """Raise Refused if no response so far contains the group, and a read does not find it."""
        if group.native_id in self._client.group_names:
            return
        if unwrap((await self._reads.get_groups([group])).get(group)) is None:
            raise Refused(not_found(group))


def check_refs(
    collection: CollectionRef, products: Iterable[ProductRef], group: GroupRef | None = None
) -> None:
    """Raise Refused for refs that cannot exist, because no path can contain their ids."""
    refusals = [not_found(product) for product in products if not is_addressable(product.native_id)]
    if collection.native_id is not None:
        refusals.append(not_found(group or collection))
    elif group is not None and not is_addressable(group.native_id):
        refusals.append(not_found(group))
    if refusals:
        raise Refused(*refusals)


def name_taken(group: Group) -> Conflict:
    """Refuse a name that another group has: names are unique (documented)."""
    return Conflict(
        message="2Checkout already has a group of this name.",
        code=UserErrorCode.TAKEN,
        field=("input", "name"),
        conflicting_ref=group.ref,
    )
