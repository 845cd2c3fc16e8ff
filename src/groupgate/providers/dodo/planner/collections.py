"""Plans that create, change, reorder, archive and unarchive collections."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.planner import (
    Plan,
    PlannedWrite,
    PlanResult,
    Step,
    count_products,
    verify_if_unknown,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from groupgate.providers.dodo import mapping, wire
from groupgate.providers.dodo.client import (
    COLLECTIONS_PATH,
    EMPTY_COLLECTION,
    DodoClient,
    collection_path,
    unarchive_path,
)
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis
from groupgate.providers.dodo.planner.snapshots import PRODUCT_IDS, is_as_requested

_ROUNDING: Final = timedelta(seconds=1)
"""The precision of the vendor's dates is not documented; the samples have whole seconds."""


class CollectionPlanner:
    """Plans the writes to collections."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis) -> None:
        self._client = client
        self._rejections = rejections

    def create(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Create a collection with its first group, which must have a product."""
        if not products:
            message = f"{EMPTY_COLLECTION} Name at least one product."
            code = UserErrorCode.BLANK
            raise Refused(InvalidInput(message=message, code=code, field=PRODUCT_IDS))
        first = {**mapping.group_body(group), "products": mapping.new_rows(products)}
        body = {**mapping.collection_body(change), "groups": [first]}
        result, started_at = PlanResult(), datetime.now(UTC)

        async def send() -> None:
            try:
                record = await self._client.create_product_collection(body)
            except Rejected as rejection:
                raise await self._rejections.diagnose(rejection, None, products) from None
            result.collection = mapping.collection_ref(record.id)

        async def is_created() -> bool:
            record = await self._collection_of(products[0])
            if record is None or record.name != change.name or len(record.groups) != 1:
                return False
            created_at = mapping.collection(record).created_at
            is_new = created_at is not None and created_at > started_at - _ROUNDING
            if not is_new or not is_as_requested(record.groups[0], group, products):
                return False
            result.collection = mapping.collection_ref(record.id)
            return True

        call = PlannedWrite(
            method="POST",
            path=COLLECTIONS_PATH,
            description=f'Create the collection "{change.name}" with {count_products(products)}.',
        )
        step = Step(call=call, send=send, products=tuple(products))
        return Plan(stages=((verify_if_unknown(step, is_created),),), result=result)

    def update(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        """Change the name, the description or both."""
        body = mapping.collection_body(change)
        fields = " and ".join(body)
        description = f"Change the {fields} of the collection {ref.native_id}."
        return self._patch(ref, body, description)

    def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """Reorder the groups; the vendor expects all of them (assumed)."""
        body = {"group_order": [group.native_id for group in order]}
        return self._patch(ref, body, f"Reorder the groups of the collection {ref.native_id}.")

    def archive(self, ref: CollectionRef) -> Plan:
        """Archive a collection."""
        call = PlannedWrite(
            method="DELETE",
            path=collection_path(ref),
            description=f"Archive the collection {ref.native_id}.",
        )
        send = partial(self._client.archive_product_collection, ref)
        return Plan(stages=((Step(call=call, send=send),),))

    def unarchive(self, ref: CollectionRef) -> Plan:
        """Unarchive a collection; its archived products are excluded from it (documented)."""
        result = PlanResult()

        async def send() -> None:
            response = await self._client.unarchive_product_collection(ref)
            result.excluded = tuple(map(mapping.product_ref, response.excluded_product_ids))

        call = PlannedWrite(
            method="POST",
            path=unarchive_path(ref),
            description=f"Unarchive the collection {ref.native_id}.",
        )
        return Plan(stages=((Step(call=call, send=send),),), result=result)

    def _patch(self, ref: CollectionRef, body: wire.Body, description: str) -> Plan:
        call = PlannedWrite(method="PATCH", path=collection_path(ref), description=description)
        send = partial(self._client.update_product_collection, ref, body)
        return Plan(stages=((Step(call=call, send=send),),))

    async def _collection_of(self, product: ProductRef) -> wire.ProductCollection | None:
        """Read the collection of a product, which is in one collection only (documented)."""
        record = await self._client.get_product(product.native_id)
        native_id = record.product_collection_id if record else None
        return await self._client.get_product_collection(native_id or "")
