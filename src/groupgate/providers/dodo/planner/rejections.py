"""Finds out why Dodo rejected a write: the response does not say which product was the reason."""

from collections.abc import Sequence

from groupgate.domain.catalog import ProductStatus
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import (
    Conflict,
    Field,
    InvalidInput,
    Refusal,
    UserErrorCode,
    not_found,
)
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.client import (
    EMPTY_COLLECTION,
    DodoClient,
    error_code,
    interpret_rejection,
)


class RejectionDiagnosis:
    """Reads the products of a rejected write, to refuse those that were the reason."""

    def __init__(self, client: DodoClient, reads: Provider) -> None:
        self._client = client
        self._reads = reads

    async def diagnose(
        self,
        rejection: Rejected,
        about: CollectionRef | GroupRef | None,
        products: Sequence[ProductRef],
    ) -> Refused | Rejected:
        """Return the error to raise for a rejected write of these products.

        `about` is the group or collection that the write was sent to. If the reads fail or find
        no reason, the error is what the status alone means.
        """
        error, code = interpret_rejection(rejection, about), error_code(rejection)
        if isinstance(error, Rejected) or code == wire.COLLECTION_IS_DELETED:
            return error
        is_archived = code == wire.PRODUCT_IS_DELETED
        try:
            reasons = await self._find_reasons(products, is_archived=is_archived)
        except UpstreamError:
            return error
        return Refused(*reasons) if reasons else error

    async def _find_reasons(
        self, products: Sequence[ProductRef], *, is_archived: bool
    ) -> Sequence[Refusal]:
        if len(products) != 1:
            return await self._reasons_for_many(products, is_archived=is_archived)
        if is_archived:
            return [_archived(products[0])]
        return await self._reasons_for_one(products[0])

    async def _reasons_for_one(self, product: ProductRef) -> Sequence[Refusal]:
        """Read the product, which names its collection (documented), but not its group."""
        record = await self._client.get_product(product.native_id)
        if record is None:
            return [not_found(product)]
        if not record.product_collection_id:
            return []
        collection_id = record.product_collection_id
        collection = CollectionRef(provider=product.provider, native_id=collection_id)
        return [in_another_group(product, collection)]

    async def _reasons_for_many(
        self, products: Sequence[ProductRef], *, is_archived: bool
    ) -> Sequence[Refusal]:
        groups_of = await self._reads.groups_of(products)
        grouped = {
            ref: groups[0]
            for ref, groups in groups_of.items()
            if groups and not isinstance(groups, UpstreamError)
        }
        others = [product for product in products if product not in grouped]
        existing = await self._reads.get_products(others)
        statuses = await self._reads.get_statuses(others) if is_archived else {}
        reasons: list[Refusal] = []
        for product in products:
            if product in grouped:
                reasons.append(in_another_group(product, grouped[product]))
            elif product not in existing:
                reasons.append(not_found(product))
            elif statuses.get(product) is ProductStatus.INACTIVE:
                reasons.append(_archived(product))
        return reasons


def in_another_group(product: ProductRef, other: CollectionRef | GroupRef) -> Conflict:
    """Refuse a product: it can be in one collection only, and there in one group (documented)."""
    return Conflict(
        message="The product is in another group; remove it from that group first, or move it.",
        code=UserErrorCode.IN_ANOTHER_GROUP,
        about=product,
        conflicting_ref=other,
    )


def last_product(ref: GroupRef, field: Field | None = None) -> Conflict:
    """Refuse to remove all products of a collection.

    `field` is the argument that lists the products: any one of them could stay, so no single one
    is the reason.
    """
    return Conflict(
        message=EMPTY_COLLECTION,
        code=UserErrorCode.LAST_PRODUCT,
        field=field,
        about=None if field else ref,
        conflicting_ref=ref.collection,
    )


def _archived(product: ProductRef) -> InvalidInput:
    message = "The product is archived and cannot be added to a group."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
