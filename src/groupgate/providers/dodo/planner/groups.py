"""Plans that create, change and delete groups."""

from collections.abc import Sequence
from functools import partial

from groupgate.domain.changes import UNSET, GroupChange
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.planner import (
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    count_products,
    verify_if_unconfirmed,
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
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis, last_product
from groupgate.providers.dodo.planner.steps import (
    conflicts_in,
    find_snapshot,
    is_as_requested,
    read_snapshot,
)


class GroupPlanner:
    """Plans the writes to groups."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._rejections = rejections

    async def create(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Create a group with its products.

        Whether there can be another unnamed group is left to the vendor: its texts allow it for
        new groups, and forbid it where a name is cleared (documented).
        """
        collection = await self._client.get_product_collection(ref.native_id or "")
        if collection is None:
            raise Refused(not_found(ref))
        taken = _taken(self._mapper, collection, change) if _has_name(change) else []
        conflicts = [*taken, *conflicts_in(collection, products)]
        if conflicts:
            raise Refused(*conflicts)
        body = {**mapping.group_body(change), "products": mapping.new_rows(products)}
        result = PlanResult()

        async def send() -> None:
            try:
                record = await self._client.create_product_collection_group(ref, body)
            except Rejected as rejection:
                error = await self._rejections.diagnose(rejection, ref, products)
                raise _name_conflict(self._mapper, error, collection, change) from None
            result.group = self._mapper.group_ref(collection, record.group_id)
            result.entity = self._mapper.new_group(collection, record)

        async def is_created() -> bool | None:
            now = await self._client.get_product_collection(collection.id)
            new = [
                record
                for record in (now.groups if now else ())
                if record.group_id not in collection.groups_by_id
            ]
            found = [record for record in new if is_as_requested(record, change, products)]
            if len(found) != 1:
                return None if new else False
            result.entity = self._mapper.group(collection, found[0])
            result.group = result.entity.ref
            return True

        group = f'the group "{change.name}"' if _has_name(change) else "an unnamed group"
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

        async def is_updated() -> bool:
            snapshot = await find_snapshot(self._client, ref)
            return snapshot is not None and _has_fields(snapshot.group, change)

        return Plan(stages=((verify_if_unconfirmed(Step(call=call, send=send), is_updated),),))

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

        async def is_deleted() -> bool:
            return await find_snapshot(self._client, ref) is None

        return Plan(stages=((verify_if_unconfirmed(Step(call=call, send=send), is_deleted),),))

    async def _diagnose_update(
        self, rejection: Rejected, ref: GroupRef, change: GroupChange
    ) -> Refused | Rejected:
        """Read the collection, to find another group with the same name."""
        error = interpret_rejection(rejection, ref)
        if change.name is UNSET or not _is_unexplained(error):
            return error
        try:
            collection = await self._client.get_product_collection(ref.collection_id or "")
        except UpstreamError:
            return error
        if collection is None:
            return error
        return _name_conflict(self._mapper, error, collection, change, ref)


def _name_conflict(
    mapper: Mapper,
    error: Refused | Rejected,
    collection: wire.ProductCollection,
    change: GroupChange,
    own: GroupRef | None = None,
) -> Refused | Rejected:
    """Return a conflict for an unexplained rejection if another group has the same name."""
    taken = _taken(mapper, collection, change, own) if _is_unexplained(error) else []
    return Refused(*taken) if taken else error


def _is_unexplained(error: Refused | Rejected) -> bool:
    return isinstance(error, Refused) and isinstance(error.refusals[0], InvalidInput)


def _has_name(change: GroupChange) -> bool:
    return change.name is not UNSET and change.name is not None


def _has_fields(group: wire.ProductCollectionGroup, change: GroupChange) -> bool:
    """Return True if a group has the fields that were to be changed."""
    has_name = change.name is UNSET or (group.group_name or None) == change.name
    return has_name and change.status in {UNSET, mapping.group_status(group)}


def _taken(
    mapper: Mapper,
    collection: wire.ProductCollection,
    change: GroupChange,
    own: GroupRef | None = None,
) -> list[Conflict]:
    """Return a conflict if another group has this name, or no name either (documented)."""
    name = None if change.name is UNSET else change.name
    described = "without a name" if name is None else f'with the name "{name}"'
    return [
        Conflict(
            message=f"The collection already has a group {described}.",
            code=UserErrorCode.TAKEN,
            field=("input", "name"),
            conflicting_ref=mapper.group_ref(collection, record.group_id),
        )
        for record in collection.groups
        if (record.group_name or None) == name and (own is None or record.group_id != own.native_id)
    ][:1]
