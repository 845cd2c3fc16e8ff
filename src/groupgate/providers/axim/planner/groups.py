"""Making groups, which takes up to two calls, and deleting them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import mapping, wire
from groupgate.providers.axim.client import (
    CREATION_PATH,
    PAGE_SIZE,
    AximClient,
    gone,
    group_path,
)
from groupgate.providers.axim.planner.updates import Update, Updates
from groupgate.upstream.pagination import Paginator

_ROUNDING: Final = timedelta(milliseconds=1)
"""Moments are written in whole milliseconds (documented)."""


class Groups:
    """Makes and deletes groups."""

    def __init__(self, client: AximClient, updates: Updates) -> None:
        self._client = client
        self._updates = updates

    def create(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Make a group; what creation does not take (documented) is put into it afterwards."""
        if ref != mapping.COLLECTION.ref:
            raise Refused(gone(ref))
        made = PlanResult()
        body, rest = mapping.creation_bodies(change)

        async def send() -> None:
            made.group = mapping.group_ref(await self._create(body))

        description = f'Make the group "{change.name}".'
        call = PlannedWrite(method="POST", path=CREATION_PATH, description=description)
        making = Step(call=call, send=send)
        update = Update(fields=rest, add=products)
        if not update.body:
            return Plan(stages=((making,),), result=made)
        filling = self._updates.of_new_group(made, update)
        return Plan(stages=((making,), (filling,)), result=made)

    def delete(self, ref: GroupRef) -> Plan:
        """Delete a group."""
        description = f"Delete the group {ref.native_id}."
        call = PlannedWrite(method="DELETE", path=group_path(ref), description=description)
        step = Step(call=call, send=partial(self._client.delete_product_group, ref))
        return Plan(stages=((step,),))

    async def _create(self, body: mapping.Body) -> str:
        began = datetime.now(UTC)
        try:
            return await self._client.create_product_group(body)
        except UpstreamError as error:
            if error.outcome is not WriteOutcome.UNKNOWN:
                raise
            native_id = await self._made_nevertheless(str(body["name"]), began)
            if native_id is None:
                raise
            return native_id

    async def _made_nevertheless(self, name: str, began: datetime) -> str | None:
        """The group whose making was not answered; None if none is surely it.

        Nothing says that names are unique, so there has to be one new group of this name, empty.
        No slack is given to clocks: one behind ours leaves it unknown whether the group was made,
        while slack would take another that was made just before for it, and put products into it.
        """
        try:
            listed = await self._listed(name)
        except UpstreamError:
            return None
        new = [row for row in listed if row.name == name and _is_since(began - _ROUNDING, row)]
        return new[0].id if len(new) == 1 and not new[0].products else None

    async def _listed(self, search: str) -> list[wire.ProductGroupWithProducts]:
        pages = Paginator(
            ProviderKey.AXIM,
            lambda number: self._client.list_product_groups(number + 1, search=search),
            PAGE_SIZE,
        )
        return await pages.all()


def _is_since(moment: datetime, record: wire.ProductGroup) -> bool:
    created_at = mapping.group(record).created_at
    return created_at is not None and created_at >= moment
