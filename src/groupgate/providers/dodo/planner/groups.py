"""Making, changing and deleting groups."""

from collections.abc import Sequence

from groupgate.domain.catalog import Group
from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import DodoClient, group_path, groups_path, meaning
from groupgate.providers.dodo.planner.lost_answers import verify_if_unknown
from groupgate.providers.dodo.planner.places import (
    counted,
    find_place,
    held,
    is_as_asked,
    last_product,
)
from groupgate.providers.dodo.planner.reasons import RejectionDiagnosis


async def create(
    client: DodoClient,
    reasons: RejectionDiagnosis,
    ref: CollectionRef,
    change: GroupChange,
    products: Sequence[ProductRef],
) -> Plan:
    """Make a group with its products in one POST."""
    holder = await client.get_product_collection(ref.native_id or "")
    if holder is None:
        raise Refused(NotFound(message="It does not exist, or no longer.", about=ref))
    conflicts = [*_taken(holder, change), *held(holder, products)]
    if conflicts:
        raise Refused(*conflicts)
    body = {**mapping.group_body(change), "products": mapping.entries(products)}
    made = PlanResult()

    async def send() -> None:
        try:
            record = await client.create_product_collection_group(ref, body)
        except Rejected as refusal:
            raise await reasons.of(refusal, ref, products) from None
        _note(made, mapping.group(holder, record))

    async def is_made() -> bool:
        now = await client.get_product_collection(holder.id)
        fitting = [
            record
            for record in (now.groups if now else ())
            if record.group_id not in holder.groups_by_id and is_as_asked(record, change, products)
        ]
        if len(fitting) == 1:
            _note(made, mapping.group(holder, fitting[0]))
        return len(fitting) == 1

    group = "an unnamed group" if change.name in {UNSET, None} else f'the group "{change.name}"'
    call = PlannedWrite(
        method="POST",
        path=groups_path(ref),
        description=f'Make {group} with {counted(products)} in "{holder.name}".',
    )
    step = Step(call=call, send=send, products=tuple(products))
    return Plan(stages=((verify_if_unknown(step, is_made),),), result=made)


def update(client: DodoClient, ref: GroupRef, change: GroupChange) -> Plan:
    """Change name, status or both; what is in the way is looked for once the vendor says no."""
    body = mapping.group_body(change)

    async def send() -> None:
        try:
            await client.update_product_collection_group(ref, body)
        except Rejected as refusal:
            raise await _why_not(client, refusal, ref, change) from None

    fields = {"group_name": "name", "status": "status"}
    changed = " and ".join(fields[field] for field in body)
    call = PlannedWrite(
        method="PATCH",
        path=group_path(ref),
        description=f"Change the {changed} of the group {ref.native_id}.",
    )
    return Plan(stages=((Step(call=call, send=send),),))


async def delete(client: DodoClient, ref: GroupRef) -> Plan:
    """Delete a group unless it holds all that its collection holds."""
    place = await find_place(client, ref)
    if place.rows and place.is_all_of_its_collection(place.rows):
        raise Refused(last_product(ref))

    async def send() -> None:
        await client.delete_product_collection_group(ref)

    call = PlannedWrite(
        method="DELETE", path=group_path(ref), description=f"Delete the group {place.label}."
    )
    return Plan(stages=((Step(call=call, send=send),),))


async def _why_not(
    client: DodoClient, refusal: Rejected, ref: GroupRef, change: GroupChange
) -> Refused | Rejected:
    """A name that is taken, if there is such a one: a read of the collection tells."""
    said = meaning(refusal, ref)
    is_unexplained = isinstance(said, Refused) and isinstance(said.refusals[0], InvalidInput)
    if change.name is UNSET or not is_unexplained:
        return said
    try:
        holder = await client.get_product_collection(ref.collection_id or "")
    except UpstreamError:
        return said
    taken = _taken(holder, change, ref) if holder else []
    return Refused(*taken) if taken else said


def _note(made: PlanResult, group: Group) -> None:
    made.group, made.entity = group.ref, group


def _taken(
    holder: wire.ProductCollection, change: GroupChange, own: GroupRef | None = None
) -> list[Conflict]:
    """The other group that has this name; of those without one there may be one (documented)."""
    name = None if change.name is UNSET else change.name
    message = (
        "Another group of the collection has no name either."
        if name is None
        else f'Another group of the collection has the name "{name}".'
    )
    return [
        Conflict(
            message=message,
            code=UserErrorCode.TAKEN,
            field=("input", "name"),
            conflicting_ref=mapping.group_ref(holder, record.group_id),
        )
        for record in holder.groups
        if (record.group_name or None) == name and (own is None or record.group_id != own.native_id)
    ][:1]
