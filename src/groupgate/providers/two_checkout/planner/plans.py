"""2Checkout's half of the port for changes: which calls, and in which order."""

from collections.abc import Sequence

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan, PlanResult, Step
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.providers.two_checkout.planner.capabilities import unsupported
from groupgate.providers.two_checkout.planner.groups import Groups
from groupgate.providers.two_checkout.planner.memberships import Memberships
from groupgate.providers.two_checkout.planner.reasons import refuse_unless_possible


class TwoCheckoutPlanner:
    """Plans new groups, and which group each product is in.

    Every product is in one group: put into another it leaves the one it was in, and taken out it
    falls back to the general group, which it leaves in no other way.
    """

    update_collection = unsupported(Capability.PRODUCT_COLLECTION_UPDATE)
    reorder_groups = unsupported(Capability.PRODUCT_COLLECTION_REORDER_GROUPS)
    create_collection = unsupported(Capability.PRODUCT_COLLECTION_CREATE)
    archive_collection = unsupported(Capability.PRODUCT_COLLECTION_ARCHIVE)
    unarchive_collection = unsupported(Capability.PRODUCT_COLLECTION_UNARCHIVE)
    update_group = unsupported(Capability.GROUP_UPDATE)
    delete_group = unsupported(Capability.GROUP_DELETE)
    reorder_products = unsupported(Capability.GROUP_REORDER_PRODUCTS)
    update_membership = unsupported(Capability.GROUP_PRODUCT_UPDATE)

    def __init__(self, client: TwoCheckoutClient, reads: Provider) -> None:
        self._groups = Groups(client)
        self._memberships = Memberships(client, reads)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Make a group, find its code by its name, and put the products into it.

        The group's cart template becomes that of its products without a call (documented).
        """
        refuse_unless_possible(ref, products)
        made, label = PlanResult(), f'"{change.name}"'
        making = self._groups.making(change, made)
        putting = [self._memberships.putting_one(product, made, label) for product in products]
        return _plan((making,), putting, result=made)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Put each product into the group; one that is there already is put there once more."""
        refuse_unless_possible(ref.collection, products, ref)
        return _plan(self._memberships.putting(products, ref))

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Take each product out of the group.

        The vendor may answer `true` and leave a product where it is if the group is the general
        one (assumed), and only a read tells which that is. Any read that this process has made of
        the group, or of a product in it, has told. One that has made none believes the answer: to
        ask each time would cost every change of an ordinary group a call, for a mistake that the
        next read of the group shows.
        """
        refuse_unless_possible(ref.collection, products, ref)
        if self._memberships.is_general(ref):
            await self._memberships.refuse_what_stays(products, ref)
            return Plan()
        return _plan(self._memberships.taking(products, ref))

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Put in what is missing, then take out what is too much."""
        refuse_unless_possible(ref.collection, products, ref)
        current = await self._memberships.products_of(ref)
        wanted, held = set(products), set(current)
        missing = [product for product in products if product not in held]
        surplus = [product for product in current if product not in wanted]
        if surplus and self._memberships.is_general(ref):
            raise Refused(*self._memberships.stuck(surplus, ref))
        return _plan(
            self._memberships.putting(missing, ref), self._memberships.taking(surplus, ref)
        )

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,  # noqa: ARG002 - commands refuse it where nothing has an order
    ) -> Plan:
        """Put the products into the target, by which they leave the source: no half can fail."""
        refuse_unless_possible(source.collection, products, source)
        refuse_unless_possible(target.collection, (), target)
        return _plan(self._memberships.putting(products, target))


def _plan(*stages: Sequence[Step], result: PlanResult | None = None) -> Plan:
    return Plan(
        stages=tuple(tuple(stage) for stage in stages if stage), result=result or PlanResult()
    )
