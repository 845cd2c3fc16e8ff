"""Plans that create, change and delete groups."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.planner import (
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    verify_if_unconfirmed,
    verify_if_unknown,
)
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import not_found
from groupgate.providers.axim import mapping, wire
from groupgate.providers.axim.client import (
    CREATION_PATH,
    PAGE_SIZE,
    AximClient,
    ListPage,
    group_path,
)
from groupgate.providers.axim.mapping import Mapper
from groupgate.providers.axim.planner.steps import GroupUpdate, UpdateSteps
from groupgate.upstream.pagination import PageSize, Paginator
from groupgate.upstream.results import unwrap

_ROUNDING: Final = timedelta(milliseconds=1)
"""The vendor's dates have whole milliseconds (documented)."""


class GroupPlanner:
    """Plans the writes to groups."""

    def __init__(self, client: AximClient, steps: UpdateSteps, reads: Provider) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._steps = steps
        self._reads = reads

    def create(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Create a group, then set what creation does not accept (documented)."""
        if ref.native_id is not None:
            raise Refused(not_found(ref))
        body, rest = mapping.creation_bodies(change)
        result = PlanResult()
        creation = self._creation(str(change.name), body, result)
        update = GroupUpdate(fields=rest, add=products)
        if not update.body:
            return Plan(stages=((creation,),), result=result)
        return Plan(
            stages=((creation,), (self._steps.update_created_group(update, result),)),
            result=result,
        )

    def update(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Change the fields of a group."""
        return self._steps.plan_update(ref, GroupUpdate(fields=mapping.group_body(change)))

    def delete(self, ref: GroupRef) -> Plan:
        """Delete a group."""
        description = f"Delete the group {ref.native_id}."
        call = PlannedWrite(method="DELETE", path=group_path(ref), description=description)
        step = Step(call=call, send=partial(self._client.delete_product_group, ref))

        async def is_deleted() -> bool:
            return unwrap((await self._reads.get_groups([ref])).get(ref)) is None

        return Plan(stages=((verify_if_unconfirmed(step, is_deleted),),))

    def _creation(self, name: str, body: wire.Body, result: PlanResult) -> Step:
        started_at = datetime.now(UTC)

        async def send() -> None:
            nonlocal started_at
            started_at = datetime.now(UTC)
            result.group = self._mapper.group_ref(await self._client.create_product_group(body))

        async def is_created() -> bool | None:
            named = [row for row in await self._search(name) if row.name == name]
            native_id = _only_new(named, started_at, self._mapper)
            if native_id is None:
                return None if named else False
            result.group = self._mapper.group_ref(native_id)
            return True

        description = f'Create the group "{name}".'
        call = PlannedWrite(method="POST", path=CREATION_PATH, description=description)
        return verify_if_unknown(Step(call=call, send=send), is_created)

    async def _search(self, name: str) -> list[wire.ProductGroupWithProducts]:
        """Read the groups whose name contains this text."""
        pages = Paginator(
            lambda number, size: self._client.list_product_groups(
                ListPage(number + 1, size), search=name
            ),
            PageSize(PAGE_SIZE),
            lambda row: row.id,
        )
        return await pages.all()


def _only_new(
    named: Sequence[wire.ProductGroupWithProducts], started_at: datetime, mapper: Mapper
) -> str | None:
    """Return the id of the group that a write without a response has created, if certain.

    Names are not documented as unique, so it must be the only new group of this name, and empty.
    The clocks get no tolerance: if the vendor's clock is behind ours, the outcome stays unknown,
    but with a tolerance, another group created just before could receive the products.
    """
    new = [row for row in named if _is_since(started_at - _ROUNDING, row, mapper)]
    return new[0].id if len(new) == 1 and not new[0].products else None


def _is_since(moment: datetime, record: wire.ProductGroup, mapper: Mapper) -> bool:
    created_at = mapper.group(record).created_at
    return created_at is not None and created_at >= moment
