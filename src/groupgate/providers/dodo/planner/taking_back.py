"""Undoing a move that stopped halfway, and telling what stands where if it cannot be undone."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.refs import GroupRef
from groupgate.domain.refusals import Incomplete, Refusal
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.places import Place, Rows, read_rows

RowList = Sequence[wire.ProductCollectionProduct]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """What the two groups hold now."""

    source: Rows
    target: Rows


class Rollback:
    """Puts products that were on their way back into the group that they came from."""

    def __init__(
        self,
        client: DodoClient,
        source: Place,
        target: GroupRef,
        moved: RowList,
        order: list[str],
    ) -> None:
        self._client = client
        self._source = source
        self._target = target
        self._moved = moved
        self._order = order
        """The order that was to be asked for in the second group, if any."""

    async def rollback(self) -> Sequence[Refusal]:
        """Undo the move, unless all products have arrived and only their order is not right."""
        now = await self._standing()
        if all(row.product_id in now.target for row in self._moved):
            return [self._arrived(now.target)]
        with suppress(UpstreamError, Refused):  # what stands then is looked at and told
            await self._restore(now)
        try:
            return self._told(await self._standing())
        except UpstreamError:  # some may be back by now, so that nothing is known to stand
            return [_lost(row.product_id) for row in self._moved]

    async def _standing(self) -> _Standing:
        self._client.forget()
        return _Standing(
            source=await read_rows(self._client, self._source.ref),
            target=await read_rows(self._client, self._target),
        )

    async def _restore(self, now: _Standing) -> None:
        """Those that are nowhere come first, so that the collection is never empty."""
        strayed = [row for row in self._moved if row.product_id in now.target]
        held = now.source.keys() | now.target.keys()
        await self._put_back([row for row in self._moved if row.product_id not in held])
        for row in strayed:
            product = mapping.product_ref(row.product_id)
            item_id = now.target[row.product_id].id
            await self._client.delete_group_item(self._target, item_id, product)
        await self._put_back(strayed)
        await self._reorder((await self._standing()).source)

    async def _put_back(self, rows: RowList) -> None:
        """All in one call; if the vendor refuses that, one by one, for one may be to blame."""
        if not rows:
            return
        try:
            await self._client.add_group_items(self._source.ref, mapping.entries_like(rows))
        except Rejected:
            if len(rows) > 1:
                for row in rows:
                    await self._put_back([row])

    async def _reorder(self, rows: Rows) -> None:
        """Put the old rows as they were; what others have added stays behind them."""
        order = [each for each in self._source.rows if each in rows]
        order += [each for each in rows if each not in self._source.rows]
        if order != list(rows):
            item_ids = [rows[each].id for each in order]
            await self._client.reorder_product_collection_group(self._source.ref, item_ids)

    def _told(self, now: _Standing) -> Sequence[Refusal]:
        """Nothing if all is as it was."""
        away = [row.product_id for row in self._moved if row.product_id not in now.source]
        if away:
            return [_away(product_id, is_in_target=product_id in now.target) for product_id in away]
        before = [each for each in self._source.rows if each in now.source]
        after = [each for each in now.source if each in self._source.rows]
        return [] if before == after else [self._in_disorder()]

    def _arrived(self, target: Rows) -> Incomplete:
        if self._order and list(target) != self._order:
            message = "The products are in the second group, but not at this position."
            return Incomplete(message=message, field=("position",), is_retryable=False)
        message = "The vendor failed to say so, but the products are in the second group as asked."
        return Incomplete(message=message, is_retryable=False)

    def _in_disorder(self) -> Incomplete:
        message = "The products are back in the first group, but not in the order they had."
        return Incomplete(message=message, about=self._source.ref, is_retryable=False)


def _lost(product_id: str) -> Incomplete:
    message = "It is not known in which of the two groups it is, if in any."
    return Incomplete(message=message, about=mapping.product_ref(product_id), is_retryable=False)


def _away(product_id: str, *, is_in_target: bool) -> Incomplete:
    where = "in the second group" if is_in_target else "in neither group"
    message = f"This product left the first group, could not be put back, and is now {where}."
    about = mapping.product_ref(product_id)
    return Incomplete(message=message, about=about, is_retryable=False)
