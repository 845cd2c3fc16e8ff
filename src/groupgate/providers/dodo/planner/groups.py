"""Plans that create, change and delete groups."""

from collections.abc import Sequence
from functools import partial

from groupgate.domain.catalog import Group
from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.planner import (
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    count_products,
    verify_if_unknown,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, InvalidInput, UserErrorCode, not_found
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import (
    DodoClient,
    group_path,
    groups_path,
    interpret_rejection,
)
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis, last_product
from groupgate.providers.dodo.planner.snapshots import (
    conflicts_in,
    is_as_requested,
    read_snapshot,
)


class GroupPlanner:
    """Plans the writes to groups."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis) -> None:
        self._client = client
        self._rejections = rejections

    async def create(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Create a group with its products."""
        collection = await self._client.get_product_collection(ref.native_id or "")
        if collection is None:
            raise Refused(not_found(ref))
        conflicts = [*_taken(collection, change), *conflicts_in(collection, products)]
        if conflicts:
            raise Refused(*conflicts)
        body = {**mapping.group_body(change), "products": mapping.new_rows(products)}
        result = PlanResult()

        async def send() -> None:
            try:
                record = await self._client.create_product_collection_group(ref, body)
            except Rejected as rejection:
                raise await self._rejections.diagnose(rejection, ref, products) from None
            _set_group(result, mapping.group(collection, record))

        async def is_created() -> bool:
            now = await self._client.get_product_collection(collection.id)
            new = [
                record
                for record in (now.groups if now else ())
                if record.group_id not in collection.groups_by_id
                and is_as_requested(record, change, products)
            ]
            if len(new) == 1:
                _set_group(result, mapping.group(collection, new[0]))
            return len(new) == 1

        group = "an unnamed group" if change.name in {UNSET, None} else f'the group "{change.name}"'
        description = f'Create {group} with {count_products(products)} in "{collection.name}".'
        call = PlannedWrite(method="POST", path=groups_path(ref), description=description)
        step = Step(call=call, send=send, products=tuple(products))
        return Plan(stages=((verify_if_unknown(step, is_created),),), result=result)

    def update(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Change the name, the status or both."""
        body = mapping.group_body(change)

        async def send() -> None:
            try:
                await self._client.update_product_collection_group(ref, body)
            except Rejected as rejection:
                raise await self._diagnose_update(rejection, ref, change) from None

        words = {"group_name": "name", "status": "status"}
        fields = " and ".join(words[field] for field in body)
        call = PlannedWrite(
            method="PATCH",
            path=group_path(ref),
            description=f"Change the {fields} of the group {ref.native_id}.",
        )
        return Plan(stages=((Step(call=call, send=send),),))

    async def delete(self, ref: GroupRef) -> Plan:
        """Delete a group, unless it contains all products of its collection."""
        snapshot = await read_snapshot(self._client, ref)
        if snapshot.rows and snapshot.empties_collection(snapshot.rows):
            raise Refused(last_product(ref))
        call = PlannedWrite(
            method="DELETE",
            path=group_path(ref),
            description=f"Delete the group {snapshot.label}.",
        )
        send = partial(self._client.delete_product_collection_group, ref)
        return Plan(stages=((Step(call=call, send=send),),))

    async def _diagnose_update(
        self, rejection: Rejected, ref: GroupRef, change: GroupChange
    ) -> Refused | Rejected:
        """Read the collection, to find another group with the same name."""
        error = interpret_rejection(rejection, ref)
        is_unexplained = isinstance(error, Refused) and isinstance(error.refusals[0], InvalidInput)
        if change.name is UNSET or not is_unexplained:
            return error
        try:
            collection = await self._client.get_product_collection(ref.collection_id or "")
        except UpstreamError:
            return error
        taken = _taken(collection, change, ref) if collection else []
        return Refused(*taken) if taken else error


def _set_group(result: PlanResult, group: Group) -> None:
    result.group, result.entity = group.ref, group


def _taken(
    collection: wire.ProductCollection, change: GroupChange, own: GroupRef | None = None
) -> list[Conflict]:
    """Return a conflict if another group has this name, or no name either (documented)."""
    name = None if change.name is UNSET else change.name
    described = "without a name" if name is None else f'with the name "{name}"'
    return [
        Conflict(
            message=f"The collection already has a group {described}.",
            code=UserErrorCode.TAKEN,
            field=("input", "name"),
            conflicting_ref=mapping.group_ref(collection, record.group_id),
        )
        for record in collection.groups
        if (record.group_name or None) == name and (own is None or record.group_id != own.native_id)
    ][:1]
