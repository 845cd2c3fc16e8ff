"""Moving products from one group to another: taken out first, for they can be in one only."""

from collections.abc import Sequence
from dataclasses import replace

from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan, Step
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import NotFound
from groupgate.providers.dodo import mapping
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.lost_answers import verify_if_unknown
from groupgate.providers.dodo.planner.places import (
    PRODUCT_IDS,
    Place,
    find_place,
    last_product,
    read_rows,
)
from groupgate.providers.dodo.planner.reasons import RejectionDiagnosis
from groupgate.providers.dodo.planner.rows import RowWriter
from groupgate.providers.dodo.planner.taking_back import Rollback

Stage = tuple[Step, ...]


class Mover:
    """Moves products from one group, as it was read, to another."""

    def __init__(
        self, client: DodoClient, reasons: RejectionDiagnosis, source: Place, target: Place
    ) -> None:
        self._client = client
        self._source = source
        self._target = target
        self._leaving = RowWriter(client, reasons, source)
        self._arriving = RowWriter(client, reasons, target)

    def plan(self, products: Sequence[ProductRef], position: int | None) -> Plan:
        """Batch by batch out of the one group and into the other, then in order."""
        product_ids = [product.native_id for product in products]
        order = self._order(product_ids, position)
        stages: list[Stage] = []
        for batch in self._batches(product_ids):
            stages += [self._out(batch), self._into(batch)]
        if order:
            stages.append(self._in_order(order))
        moved = [self._source.rows[each] for each in product_ids]
        back = Rollback(self._client, self._source, self._target.ref, moved, order)
        return Plan(stages=tuple(stages), rollback=back.rollback)

    def _batches(self, product_ids: list[str]) -> list[list[str]]:
        """One, or two where the collection would be empty in between (not allowed, documented)."""
        if not self._source.is_all_of_its_collection(product_ids):
            return [product_ids]
        leaves_collection = self._source.ref.collection != self._target.ref.collection
        if leaves_collection or len(product_ids) == 1:
            raise Refused(last_product(self._source.ref, PRODUCT_IDS))
        return [product_ids[:-1], product_ids[-1:]]

    def _out(self, product_ids: list[str]) -> Stage:
        """They do not stand as asked before they are in the other group."""
        rows = self._source.rows
        steps = (self._leaving.remove(rows[each]) for each in product_ids)
        return tuple(replace(step, products=()) for step in steps)

    def _into(self, product_ids: list[str]) -> Stage:
        """They are offered there as they were here."""

        async def is_done() -> bool:
            return set(product_ids) <= (await read_rows(self._client, self._target.ref)).keys()

        entries = mapping.entries_like(self._source.rows[each] for each in product_ids)
        step = self._arriving.add(list(map(mapping.product_ref, product_ids)), entries)
        return (verify_if_unknown(step, is_done),)

    def _order(self, product_ids: list[str], position: int | None) -> list[str]:
        """The order to be asked for; none if they belong at the end, where they come anyway."""
        present = list(self._target.rows)
        if position is None or position >= len(present):
            return []
        return present[:position] + product_ids + present[position:]

    def _in_order(self, order: list[str]) -> Stage:
        async def is_done() -> bool:
            return list(await read_rows(self._client, self._target.ref)) == order

        return (verify_if_unknown(self._arriving.order(order), is_done),)


async def plan_move(  # noqa: PLR0913, PLR0917 - the arguments of the port, and two tools
    client: DodoClient,
    reasons: RejectionDiagnosis,
    source: GroupRef,
    target: GroupRef,
    products: Sequence[ProductRef],
    position: int | None,
) -> Plan:
    """Read both groups, and move products that are in the first."""
    places = await find_place(client, source), await find_place(client, target)
    strange = [product for product in products if product.native_id not in places[0].rows]
    if strange:
        message = "This product is not in the first group."
        raise Refused(*(NotFound(message=message, about=product) for product in strange))
    return Mover(client, reasons, *places).plan(products, position)
