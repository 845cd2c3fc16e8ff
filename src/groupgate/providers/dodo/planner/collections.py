"""Plans that create, change, reorder, archive and unarchive collections."""

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from groupgate.domain.changes import UNSET, CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Rejected
from groupgate.domain.paging import CollectionsRequest, PageRequest
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
from groupgate.providers.dodo.mapping import Mapper
from groupgate.providers.dodo.planner.rejections import RejectionDiagnosis
from groupgate.providers.dodo.planner.steps import PRODUCT_IDS, is_as_requested
from groupgate.upstream.results import unwrap

_ROUNDING: Final = timedelta(seconds=1)
"""The precision of the vendor's dates is not documented; the samples have whole seconds."""


class CollectionPlanner:
    """Plans the writes to collections."""

    def __init__(self, client: DodoClient, rejections: RejectionDiagnosis, reads: Provider) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._rejections = rejections
        self._reads = reads

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
            result.collection = self._mapper.collection_ref(record.id)

        async def is_created() -> bool | None:
            record = await self._collection_of(products[0])
            if record is None:
                return False
            if record.name != change.name or len(record.groups) != 1:
                return None
            created_at = self._mapper.collection(record).created_at
            is_new = created_at is not None and created_at > started_at - _ROUNDING
            if not is_new or not is_as_requested(record.groups[0], group, products):
                return None
            result.collection = self._mapper.collection_ref(record.id)
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
        return self._patch(ref, body, description, partial(_has_fields, change))

    def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """Reorder the groups; the vendor expects all of them (assumed)."""
        group_ids = [group.native_id for group in order]
        description = f"Reorder the groups of the collection {ref.native_id}."
        return self._patch(
            ref,
            {"group_order": group_ids},
            description,
            lambda record: [group.group_id for group in record.groups] == group_ids,
        )

    def archive(self, ref: CollectionRef) -> Plan:
        """Archive a collection."""

        async def is_archived() -> bool:
            return not await self._is_live(ref)

        call = PlannedWrite(
            method="DELETE",
            path=collection_path(ref),
            description=f"Archive the collection {ref.native_id}.",
        )
        step = Step(call=call, send=partial(self._client.archive_product_collection, ref))
        return Plan(stages=((verify_if_unconfirmed(step, is_archived),),))

    def unarchive(self, ref: CollectionRef) -> Plan:
        """Unarchive a collection; its archived products are excluded from it (documented).

        If the response cannot be read, no later read shows which products these were, and the
        client records that.
        """
        result = PlanResult()

        async def send() -> None:
            excluded = await self._client.unarchive_product_collection(ref)
            result.excluded = tuple(map(self._mapper.product_ref, excluded))

        call = PlannedWrite(
            method="POST",
            path=unarchive_path(ref),
            description=f"Unarchive the collection {ref.native_id}.",
        )
        step = Step(call=call, send=send)
        is_unarchived = partial(self._is_live, ref)
        return Plan(stages=((verify_if_unconfirmed(step, is_unarchived),),), result=result)

    def _patch(
        self,
        ref: CollectionRef,
        body: wire.Body,
        description: str,
        is_as_sent: Callable[[wire.ProductCollection], bool],
    ) -> Plan:
        async def is_applied() -> bool:
            record = await self._client.get_product_collection(ref.native_id or "")
            return record is not None and is_as_sent(record)

        call = PlannedWrite(method="PATCH", path=collection_path(ref), description=description)
        step = Step(call=call, send=partial(self._client.update_product_collection, ref, body))
        return Plan(stages=((verify_if_unconfirmed(step, is_applied),),))

    async def _is_live(self, ref: CollectionRef) -> bool:
        """Read the list of live collections: no record shows if it is archived (documented)."""
        request = CollectionsRequest(page=PageRequest(first=sys.maxsize))
        page = unwrap((await self._reads.list_collections([request]))[request])
        return any(collection.ref == ref for collection in page.items)

    async def _collection_of(self, product: ProductRef) -> wire.ProductCollection | None:
        """Read the collection of a product, which is in one collection only (documented)."""
        record = await self._client.get_product(product.native_id)
        native_id = record.product_collection_id if record else None
        return await self._client.get_product_collection(native_id or "")


def _has_fields(change: CollectionChange, record: wire.ProductCollection) -> bool:
    """Return True if a collection has the fields that were to be changed."""
    description = record.description or ""
    has_name = change.name in {UNSET, record.name}
    return has_name and (change.description is UNSET or (change.description or "") == description)
