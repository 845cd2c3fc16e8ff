"""Plans that change which products a group contains, their order and their status in it."""

from collections.abc import Sequence

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis, last_product
from groupgate.providers.dodo.planner.snapshots import PRODUCT_IDS, GroupSnapshot, read_snapshot
from groupgate.providers.dodo.planner.steps import MembershipSteps


class MembershipPlanner:
    """Plans the writes to the rows of one group; each method reads its collection first."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis) -> None:
        self._client = client
        self._rejections = rejections

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add the products that are not in the group."""
        snapshot = await read_snapshot(self._client, ref)
        snapshot.check_not_elsewhere(products)
        missing = snapshot.missing(products)
        return Plan(stages=((self._steps(snapshot).add(missing),),)) if missing else Plan()

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Remove the products that are in the group."""
        snapshot = await read_snapshot(self._client, ref)
        present = [each.native_id for each in products if each.native_id in snapshot.rows]
        if not present:
            return Plan()
        _check_not_emptied(snapshot, present)
        steps = self._steps(snapshot)
        return Plan(
            stages=(tuple(steps.remove(snapshot.rows[product_id]) for product_id in present),)
        )

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add, remove and reorder products; first add, so that the collection is never empty."""
        snapshot = await read_snapshot(self._client, ref)
        snapshot.check_not_elsewhere(products)
        wanted = [product.native_id for product in products]
        missing = snapshot.missing(products)
        surplus = [row for row in snapshot.group.products if row.product_id not in set(wanted)]
        if not wanted:
            _check_not_emptied(snapshot, list(snapshot.rows))
        steps = self._steps(snapshot)
        stages = [
            (steps.add(missing),) if missing else (),
            tuple(map(steps.remove, surplus)),
            (steps.reorder(wanted),) if _resulting_order(snapshot, wanted) != wanted else (),
        ]
        return Plan(stages=tuple(stage for stage in stages if stage))

    async def reorder(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        """Reorder all products of the group."""
        snapshot = await read_snapshot(self._client, ref)
        product_ids = [product.native_id for product in order]
        if snapshot.rows.keys() != set(product_ids):
            message = "The new order does not contain exactly the products of the group."
            code = UserErrorCode.NOT_A_PERMUTATION
            raise Refused(InvalidInput(message=message, code=code))
        return Plan(stages=((self._steps(snapshot).reorder(product_ids),),))

    async def update(self, ref: GroupRef, product: ProductRef, status: GroupProductStatus) -> Plan:
        """Set the status of a product in the group, if it is another one."""
        snapshot = await read_snapshot(self._client, ref)
        row = snapshot.rows.get(product.native_id)
        if row is None:
            raise Refused(NotFound(message="The product is not in the group.", about=product))
        is_active = status is GroupProductStatus.ACTIVE
        if row.status is is_active:
            return Plan()
        return Plan(stages=((self._steps(snapshot).set_status(row, is_active=is_active),),))

    def _steps(self, snapshot: GroupSnapshot) -> MembershipSteps:
        return MembershipSteps(self._client, self._rejections, snapshot)


def _check_not_emptied(snapshot: GroupSnapshot, removed: Sequence[str]) -> None:
    """Raise Refused if the collection would be left without products."""
    if snapshot.empties_collection(removed):
        raise Refused(last_product(snapshot.ref, PRODUCT_IDS))


def _resulting_order(snapshot: GroupSnapshot, wanted: Sequence[str]) -> list[str]:
    """Return the order after adding and removing: the kept rows, then the new ones."""
    kept = [product_id for product_id in snapshot.rows if product_id in set(wanted)]
    return kept + [product_id for product_id in wanted if product_id not in snapshot.rows]
