"""Making, changing, ordering, archiving and bringing back collections."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import (
    COLLECTIONS_PATH,
    DodoClient,
    collection_path,
    unarchive_path,
)
from groupgate.providers.dodo.planner.lost_answers import verify_if_unknown
from groupgate.providers.dodo.planner.places import PRODUCT_IDS, counted, is_as_asked
from groupgate.providers.dodo.planner.reasons import RejectionDiagnosis

_ROUNDING: Final = timedelta(seconds=1)
"""Nothing says how exact the vendor's moments are; the samples have whole seconds (documented)."""


def create(
    client: DodoClient,
    reasons: RejectionDiagnosis,
    change: CollectionChange,
    group: GroupChange,
    products: Sequence[ProductRef],
) -> Plan:
    """Make a collection with one group, in one POST; the vendor keeps none without a product."""
    if not products:
        message = "Dodo Payments keeps no collection without a product; name at least one."
        code = UserErrorCode.BLANK
        raise Refused(InvalidInput(message=message, code=code, field=PRODUCT_IDS))
    first = {**mapping.group_body(group), "products": mapping.entries(products)}
    body = {**mapping.collection_body(change), "groups": [first]}
    made, began = PlanResult(), datetime.now(UTC)

    async def send() -> None:
        try:
            record = await client.create_product_collection(body)
        except Rejected as refusal:
            raise await reasons.of(refusal, None, products) from None
        made.collection = mapping.collection_ref(record.id)

    async def is_made() -> bool:
        """Its first product leads to it, for a product is in one collection only (documented)."""
        product = await client.get_product(products[0].native_id)
        home = product.product_collection_id if product else None
        record = await client.get_product_collection(home or "")
        if record is None or record.name != change.name or len(record.groups) != 1:
            return False
        is_new = mapping.utc(record.created_at) > began - _ROUNDING
        if not is_new or not is_as_asked(record.groups[0], group, products):
            return False
        made.collection = mapping.collection_ref(record.id)
        return True

    call = PlannedWrite(
        method="POST",
        path=COLLECTIONS_PATH,
        description=f'Make the collection "{change.name}" with {counted(products)}.',
    )
    step = Step(call=call, send=send, products=tuple(products))
    return Plan(stages=((verify_if_unknown(step, is_made),),), result=made)


def update(client: DodoClient, ref: CollectionRef, change: CollectionChange) -> Plan:
    """Change name, description or both."""
    body = mapping.collection_body(change)
    fields = " and ".join(body)
    return _patch(client, ref, body, f"Change the {fields} of the collection {ref.native_id}.")


def reorder_groups(client: DodoClient, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
    """Put the groups in order; the vendor wants all of them (assumed)."""
    body = {"group_order": [group.native_id for group in order]}
    return _patch(client, ref, body, f"Put the groups of the collection {ref.native_id} in order.")


def archive(client: DodoClient, ref: CollectionRef) -> Plan:
    """Take it out of use."""

    async def send() -> None:
        await client.archive_product_collection(ref)

    call = PlannedWrite(
        method="DELETE",
        path=collection_path(ref),
        description=f"Archive the collection {ref.native_id}.",
    )
    return Plan(stages=((Step(call=call, send=send),),))


def unarchive(client: DodoClient, ref: CollectionRef) -> Plan:
    """Bring it back; archived products do not come with it (documented)."""
    made = PlanResult()

    async def send() -> None:
        answer = await client.unarchive_product_collection(ref)
        made.excluded = tuple(map(mapping.product_ref, answer.excluded_product_ids))

    call = PlannedWrite(
        method="POST",
        path=unarchive_path(ref),
        description=f"Bring back the collection {ref.native_id}.",
    )
    return Plan(stages=((Step(call=call, send=send),),), result=made)


def _patch(client: DodoClient, ref: CollectionRef, body: wire.Body, description: str) -> Plan:
    async def send() -> None:
        await client.update_product_collection(ref, body)

    call = PlannedWrite(method="PATCH", path=collection_path(ref), description=description)
    return Plan(stages=((Step(call=call, send=send),),))
