"""Why the vendor would not take products: it says no to all of them, and not about which."""

from collections.abc import Sequence
from typing import Protocol

from groupgate.domain.catalog import Product, ProductStatus
from groupgate.domain.errors import Refused, Rejected, UpstreamError
from groupgate.domain.provider import BatchResult
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, Refusal, UserErrorCode
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.client import DodoClient, meaning, refusal_code


class ProductReads(Protocol):
    """The provider's own reads of products, which know the cheapest way to many of them."""

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Products by ref."""

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Statuses of products."""

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """The groups that products are in."""


class RejectionDiagnosis:
    """Finds out, once a write was refused, which products were to blame and for what."""

    def __init__(self, client: DodoClient, products: ProductReads) -> None:
        self._client = client
        self._products = products

    async def of(
        self,
        refusal: Rejected,
        about: CollectionRef | GroupRef | None,
        products: Sequence[ProductRef],
    ) -> Refused | Rejected:
        """What to raise for a refused write of these products to this place."""
        said, code = meaning(refusal, about), refusal_code(refusal)
        if isinstance(said, Rejected) or code == wire.COLLECTION_IS_DELETED:
            return said
        is_archived = code == wire.PRODUCT_IS_DELETED
        try:
            found = await self._found(products, is_archived=is_archived)
        except UpstreamError:
            return said
        return Refused(*found) if found else said

    async def _found(
        self, products: Sequence[ProductRef], *, is_archived: bool
    ) -> Sequence[Refusal]:
        if len(products) != 1:
            return await self._found_of_many(products, is_archived=is_archived)
        if is_archived:
            return [_archived(products[0])]
        return await self._found_of_one(products[0])

    async def _found_of_one(self, product: ProductRef) -> Sequence[Refusal]:
        """One read tells the collection that a product is in (documented), but not the group."""
        record = await self._client.get_product(product.native_id)
        if record is None:
            return [_unknown(product)]
        if not record.product_collection_id:
            return []
        collection_id = record.product_collection_id
        home = CollectionRef(provider=product.provider, native_id=collection_id)
        return [in_another_group(product, home)]

    async def _found_of_many(
        self, products: Sequence[ProductRef], *, is_archived: bool
    ) -> Sequence[Refusal]:
        homes = await self._products.groups_of(products)
        held = {
            ref: groups[0]
            for ref, groups in homes.items()
            if groups and not isinstance(groups, UpstreamError)
        }
        rest = [product for product in products if product not in held]
        there = await self._products.get_products(rest)
        statuses = await self._products.get_statuses(rest) if is_archived else {}
        found: list[Refusal] = []
        for product in products:
            if product in held:
                found.append(in_another_group(product, held[product]))
            elif product not in there:
                found.append(_unknown(product))
            elif statuses.get(product) is ProductStatus.INACTIVE:
                found.append(_archived(product))
        return found


def in_another_group(product: ProductRef, holder: CollectionRef | GroupRef) -> Conflict:
    """A product can be in one collection only, and there in one group (documented)."""
    return Conflict(
        message="This product is in another group; take it out there first, or move it.",
        code=UserErrorCode.IN_ANOTHER_GROUP,
        about=product,
        conflicting_ref=holder,
    )


def _unknown(product: ProductRef) -> NotFound:
    return NotFound(message="There is no such product.", about=product)


def _archived(product: ProductRef) -> InvalidInput:
    message = "This product is archived; no group can take it."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
