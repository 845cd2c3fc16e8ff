"""The PUT that makes most changes: one call changes fields, adds and removes products."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from groupgate.domain.errors import Refused
from groupgate.domain.planner import (
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    count_products,
    verify_if_unconfirmed,
    verify_if_unknown,
)
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import not_found
from groupgate.providers.axim import mapping, wire
from groupgate.providers.axim.client import NEW_GROUP_PATH, AximClient, group_path
from groupgate.providers.axim.mapping import Mapper
from groupgate.providers.axim.planner.rejections import RejectionDiagnosis
from groupgate.upstream.results import unwrap

_WORDS = {"name": "name", "status": "status", "restrictAccess": "access"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupUpdate:
    """The content of one PUT to a group; `fields` have the vendor's names."""

    fields: wire.Body = field(default_factory=dict)
    add: Sequence[ProductRef] = ()
    remove: Sequence[ProductRef] = ()

    @property
    def body(self) -> wire.Body:
        """The body to send; an empty one changes nothing."""
        return {**self.fields, **mapping.members_body(self.add, self.remove)}

    def call(self, ref: GroupRef | None) -> PlannedWrite:
        """Return the PUT; without a ref, to a group that an earlier write creates."""
        label = f"group {ref.native_id}" if ref else "new group"
        return PlannedWrite(
            method="PUT",
            path=group_path(ref) if ref else NEW_GROUP_PATH,
            description=f"In the {label}, {' and '.join(self._clauses())}.",
        )

    def _clauses(self) -> Iterator[str]:
        if self.fields:
            yield f"change the {', '.join(_WORDS[name] for name in self.fields)}"
        if self.add:
            yield f"add {count_products(self.add)}"
        if self.remove:
            yield f"remove {count_products(self.remove)}"


class UpdateSteps:
    """Makes steps that update a group."""

    def __init__(self, client: AximClient, rejections: RejectionDiagnosis, reads: Provider) -> None:
        self._client = client
        self._rejections = rejections
        self._reads = reads

    def plan_update(self, ref: GroupRef, update: GroupUpdate) -> Plan:
        """Plan one PUT, whose response contains the group; none if nothing changes."""
        call, result = update.call(ref), PlanResult()
        if not update.body:
            return Plan()

        send = partial(self._send, ref, update, result)
        step = Step(call=call, send=send, products=(*update.add, *update.remove))
        is_applied = partial(self._is_applied, ref, update, result)
        return Plan(stages=((verify_if_unconfirmed(step, is_applied),),), result=result)

    def update_created_group(self, update: GroupUpdate, result: PlanResult) -> Step:
        """Update the group that an earlier stage creates."""

        async def send() -> None:
            await self._send(result.created_group, update, result)

        async def is_applied() -> bool:
            return await self._is_applied(result.created_group, update, result)

        step = Step(call=update.call(None), send=send, products=tuple(update.add))
        return verify_if_unconfirmed(step, is_applied)

    def add(self, ref: GroupRef, products: Sequence[ProductRef]) -> Step:
        """Add products as the first half of a move, which completes with the second half."""
        update, result = GroupUpdate(add=products), PlanResult()
        step = Step(call=update.call(ref), send=partial(self._send, ref, update, result))
        return verify_if_unconfirmed(step, partial(self._is_applied, ref, update, result))

    def remove(self, ref: GroupRef, products: Sequence[ProductRef]) -> Step:
        """Remove products; without a response, a read shows whether the group contains them."""
        update = GroupUpdate(remove=products)

        async def is_removed() -> bool:
            members = await find_members(self._reads, ref)
            return set(products).isdisjoint(members or ())

        send = partial(self._send, ref, update, PlanResult())
        step = Step(call=update.call(ref), send=send, products=tuple(products))
        return verify_if_unknown(step, is_removed)

    async def _send(self, ref: GroupRef, update: GroupUpdate, result: PlanResult) -> None:
        """Send the update; `result` receives the group if the response contains it."""
        try:
            record = await self._client.update_product_group(ref, update.body)
        except Refused as error:
            raise await self._rejections.diagnose(error, update.add) from None
        if record is not None and record.id == ref.native_id:
            result.entity = Mapper(ref.provider).group(record)

    async def _is_applied(self, ref: GroupRef, update: GroupUpdate, result: PlanResult) -> bool:
        """Read the group; return True if it is as requested, and set it in `result`."""
        group = unwrap((await self._reads.get_groups([ref])).get(ref))
        if group is None or not mapping.has_fields(group, update.fields):
            return False
        if update.add or update.remove:
            members = set(await find_members(self._reads, ref) or ())
            if not members.issuperset(update.add) or not members.isdisjoint(update.remove):
                return False
        result.entity = group
        return True


async def find_members(reads: Provider, ref: GroupRef) -> list[ProductRef] | None:
    """Read all products of a group; None if the group does not exist."""
    members = unwrap((await reads.get_memberships([ref])).get(ref))
    return None if members is None else [member.product.ref for member in members]


async def read_members(reads: Provider, ref: GroupRef) -> list[ProductRef]:
    """Read all products of a group; raise Refused if the group does not exist."""
    members = await find_members(reads, ref)
    if members is None:
        raise Refused(not_found(ref))
    return members
