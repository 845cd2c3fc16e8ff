"""Plans that change which products a group contains, and moves between groups with their rollback.

A move removes the products from the source group first: a product can be in one group only.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.planner import Plan, Step, verify_if_unknown
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import Incomplete, InvalidInput, NotFound, Refusal, UserErrorCode
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis, last_product
from groupgate.providers.dodo.planner.steps import (
    PRODUCT_IDS,
    GroupSnapshot,
    MembershipSteps,
    Rows,
    read_rows,
    read_snapshot,
)

RowList = Sequence[wire.ProductCollectionProduct]
Stage = tuple[Step, ...]


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


class MovePlanner:
    """Plans moves."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis) -> None:
        self._client = client
        self._rejections = rejections

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        """Read both groups, and move products from the source to this position of the target."""
        snapshots = (
            await read_snapshot(self._client, source),
            await read_snapshot(self._client, target),
        )
        missing = snapshots[0].missing(products)
        if missing:
            message = "The product is not in the source group."
            raise Refused(*(NotFound(message=message, about=product) for product in missing))
        return _Move(self._client, self._rejections, *snapshots).plan(products, position)


class _Move:
    """One move from a group to another, as both were read."""

    def __init__(
        self,
        client: DodoClient,
        rejections: RejectionDiagnosis,
        source: GroupSnapshot,
        target: GroupSnapshot,
    ) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._source = source
        self._target = target
        self._source_steps = MembershipSteps(client, rejections, source)
        self._target_steps = MembershipSteps(client, rejections, target)

    def plan(self, products: Sequence[ProductRef], position: int | None) -> Plan:
        """Remove and add each batch; then reorder the target if the position requires it."""
        product_ids = [product.native_id for product in products]
        order = self._target_order(product_ids, position)
        stages: list[Stage] = []
        for batch in self._batches(product_ids):
            stages += [self._remove(batch), self._add(batch)]
        if order:
            stages.append(self._reorder(order))
        moved = [self._source.rows[product_id] for product_id in product_ids]
        rollback = Rollback(self._client, self._source, self._target.ref, moved, order)
        return Plan(stages=tuple(stages), rollback=rollback.run)

    def _batches(self, product_ids: list[str]) -> list[list[str]]:
        """Return one batch, or two where the collection would be empty between the writes."""
        if not self._source.empties_collection(product_ids):
            return [product_ids]
        leaves_collection = self._source.ref.collection != self._target.ref.collection
        if leaves_collection or len(product_ids) == 1:
            raise Refused(last_product(self._source.ref, PRODUCT_IDS))
        return [product_ids[:-1], product_ids[-1:]]

    def _remove(self, product_ids: list[str]) -> Stage:
        """Remove a batch; its steps name no products, which arrive with a later step."""
        rows = self._source.rows
        steps = (self._source_steps.remove(rows[product_id]) for product_id in product_ids)
        return tuple(replace(step, products=()) for step in steps)

    def _add(self, product_ids: list[str]) -> Stage:
        """Add a batch with the statuses that the products had in the source."""
        rows = mapping.copied_rows(self._source.rows[product_id] for product_id in product_ids)
        products = list(map(self._mapper.product_ref, product_ids))
        return (self._target_steps.add(products, rows, verify_if_unknown),)

    def _reorder(self, order: list[str]) -> Stage:
        return (self._target_steps.reorder(order, verify_if_unknown),)

    def _target_order(self, product_ids: list[str], position: int | None) -> list[str]:
        """Return the order to send; empty if the position is the end, where products are added."""
        present = list(self._target.rows)
        if position is None or position >= len(present):
            return []
        return present[:position] + product_ids + present[position:]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CurrentRows:
    source: Rows
    target: Rows


class Rollback:
    """Moves products back to their source group after a move has failed."""

    def __init__(
        self,
        client: DodoClient,
        source: GroupSnapshot,
        target: GroupRef,
        moved: RowList,
        order: list[str],
    ) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._source = source
        self._target = target
        self._moved = moved
        self._order = order
        """The order requested in the target group; empty if none was."""

    async def run(self) -> Sequence[Refusal]:
        """Undo the move, unless all products have arrived; return what could not be undone."""
        current = await self._read_rows()
        if all(row.product_id in current.target for row in self._moved):
            return [self._arrived(current.target)]
        with suppress(UpstreamError, Refused):  # the state afterwards is read and reported
            await self._restore(current)
        try:
            return self._differences(await self._read_rows())
        except UpstreamError:  # some products may be back, so where each one is, is unknown
            return [_unknown(self._mapper.product_ref(row.product_id)) for row in self._moved]

    async def _read_rows(self) -> _CurrentRows:
        self._client.forget()
        return _CurrentRows(
            source=await read_rows(self._client, self._source.ref),
            target=await read_rows(self._client, self._target),
        )

    async def _restore(self, current: _CurrentRows) -> None:
        """Add back the products in neither group first, so that the collection is never empty."""
        arrived = [row for row in self._moved if row.product_id in current.target]
        grouped = current.source.keys() | current.target.keys()
        await self._add_back([row for row in self._moved if row.product_id not in grouped])
        for row in arrived:
            product = self._mapper.product_ref(row.product_id)
            row_id = current.target[row.product_id].id
            await self._client.delete_group_item(self._target, row_id, product)
        await self._add_back(arrived)
        await self._reorder((await self._read_rows()).source)

    async def _add_back(self, rows: RowList) -> None:
        """Add all in one call; if that is rejected, one by one, as one may be the reason."""
        if not rows:
            return
        try:
            await self._client.add_group_items(self._source.ref, mapping.copied_rows(rows))
        except Rejected:
            if len(rows) > 1:
                for row in rows:
                    await self._add_back([row])

    async def _reorder(self, rows: Rows) -> None:
        """Restore the order of the old rows; rows added by others stay after them."""
        order = [product_id for product_id in self._source.rows if product_id in rows]
        order += [product_id for product_id in rows if product_id not in self._source.rows]
        if order != list(rows):
            row_ids = [rows[product_id].id for product_id in order]
            await self._client.reorder_product_collection_group(self._source.ref, row_ids)

    def _differences(self, current: _CurrentRows) -> Sequence[Refusal]:
        """Return what differs from the source group before the move."""
        removed = [row.product_id for row in self._moved if row.product_id not in current.source]
        if removed:
            return [
                _removed(
                    self._mapper.product_ref(product_id), is_in_target=product_id in current.target
                )
                for product_id in removed
            ]
        before = [product_id for product_id in self._source.rows if product_id in current.source]
        after = [product_id for product_id in current.source if product_id in self._source.rows]
        return [] if before == after else [self._out_of_order()]

    def _arrived(self, target: Rows) -> Incomplete:
        if self._order and list(target) != self._order:
            message = "The products are in the target group, but not at this position."
            return Incomplete(message=message, field=("position",), is_retryable=False)
        message = (
            "Dodo Payments reported a failure, but the products are in the target group as "
            "requested."
        )
        return Incomplete(message=message, is_retryable=False)

    def _out_of_order(self) -> Incomplete:
        message = "The products are back in the source group, but not in their previous order."
        return Incomplete(message=message, about=self._source.ref, is_retryable=False)


def _unknown(product: ProductRef) -> Incomplete:
    message = (
        "The gateway could not find out where the product is now: in the source group, in the "
        "target group or in neither."
    )
    return Incomplete(message=message, about=product, is_retryable=False)


def _removed(product: ProductRef, *, is_in_target: bool) -> Incomplete:
    where = "in the target group" if is_in_target else "in neither group"
    message = (
        f"The product was removed from the source group, could not be added back, and is now "
        f"{where}."
    )
    return Incomplete(message=message, about=product, is_retryable=False)
