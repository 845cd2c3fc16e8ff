"""The writes that put products into a group, take them out, and order and offer them there."""

from collections.abc import Sequence

from groupgate.domain.errors import Rejected, UpstreamError, WriteOutcome
from groupgate.domain.planner import PlannedWrite, Step
from groupgate.domain.refs import ProductRef
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient, group_path, item_path, items_path
from groupgate.providers.dodo.planner.places import Place, counted, label, read_rows
from groupgate.providers.dodo.planner.reasons import RejectionDiagnosis


class RowWriter:
    """Plans writes to the rows of one group, and learns the ids of rows that it adds."""

    def __init__(self, client: DodoClient, reasons: RejectionDiagnosis, place: Place) -> None:
        self._client = client
        self._reasons = reasons
        self._place = place
        self._row_ids = {product_id: row.id for product_id, row in place.rows.items()}

    def add(
        self, products: Sequence[ProductRef], entries: Sequence[wire.Body] | None = None
    ) -> Step:
        """Put products behind the others (assumed), offered as the vendor does by default.

        `entries` are the rows to send, where they are to be offered in another way.
        """
        body = mapping.entries(products) if entries is None else entries

        async def send() -> None:
            try:
                added = await self._client.add_group_items(self._place.ref, body)
            except Rejected as refusal:
                raise await self._reasons.of(refusal, self._place.ref, products) from None
            self._row_ids |= {row.product_id: row.id for row in added}

        call = PlannedWrite(
            method="POST",
            path=items_path(self._place.ref),
            description=f"Add {counted(products)} to the group {self._place.label}.",
        )
        return Step(call=call, send=send, products=tuple(products))

    def remove(self, row: wire.ProductCollectionProduct) -> Step:
        """Take a product out."""
        product = mapping.product_ref(row.product_id)

        async def send() -> None:
            await self._client.delete_group_item(self._place.ref, row.id, product)

        call = PlannedWrite(
            method="DELETE",
            path=item_path(self._place.ref, row.id),
            description=f"Take {_named(row)} out of the group {self._place.label}.",
        )
        return Step(call=call, send=send, products=(product,))

    def order(self, product_ids: Sequence[str]) -> Step:
        """Put these in order; they are all that the group will hold by then."""

        async def send() -> None:
            row_ids = await self._all_row_ids(product_ids)
            await self._client.reorder_product_collection_group(self._place.ref, row_ids)

        call = PlannedWrite(
            method="PATCH",
            path=group_path(self._place.ref),
            description=f"Put the products of the group {self._place.label} in order.",
        )
        return Step(call=call, send=send)

    def offer(self, row: wire.ProductCollectionProduct, *, is_active: bool) -> Step:
        """Offer a product in the group, or no longer."""
        product = mapping.product_ref(row.product_id)

        async def send() -> None:
            await self._client.update_group_item(
                self._place.ref, row.id, product, is_active=is_active
            )

        change = f"Offer {_named(row)}" if is_active else f"Stop offering {_named(row)}"
        call = PlannedWrite(
            method="PATCH",
            path=item_path(self._place.ref, row.id),
            description=f"{change} in the group {self._place.label}.",
        )
        return Step(call=call, send=send, products=(product,))

    async def _all_row_ids(self, product_ids: Sequence[str]) -> list[str]:
        """The ids of rows; if the answer that added them left one out, the group is read again."""
        if not self._row_ids.keys() >= set(product_ids):
            try:
                rows = await read_rows(self._client, self._place.ref)
            except UpstreamError as error:
                error.outcome = WriteOutcome.NOT_APPLIED  # for the order was not sent
                raise
            self._row_ids |= {product_id: row.id for product_id, row in rows.items()}
        return [self._row_ids[each] for each in product_ids if each in self._row_ids]


def _named(row: wire.ProductCollectionProduct) -> str:
    return label(row.name, row.product_id)
