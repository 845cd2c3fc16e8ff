"""The state of the simulator: all records, found by id or refused as the vendor refuses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from groupgate.sandbox.dodo import ids
from groupgate.sandbox.dodo.errors import ApiError, not_found
from groupgate.sandbox.dodo.records import Brand, Collection, Group, Item, Json, Product


@dataclass(slots=True, kw_only=True)
class Catalog:
    """Everything of one business."""

    business_id: str
    clock: Callable[[], float]
    brands: dict[str, Brand] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    entitlements: dict[str, Json] = field(default_factory=dict)
    credits: dict[str, Json] = field(default_factory=dict)
    _made: int = 0

    def now(self) -> str:
        """Return the time as the vendor writes it."""
        moment = datetime.fromtimestamp(self.clock(), UTC)
        return moment.isoformat().replace("+00:00", "Z")

    def new_id(self, prefix: str) -> str:
        """Make an id for a new collection or product."""
        self._made += 1
        return ids.prefixed(prefix, f"made {self._made}")

    def new_uuid(self) -> str:
        """Make an id for a new group, item or image."""
        self._made += 1
        return ids.uuid(f"made {self._made}")

    def brand(self, brand_id: str) -> Brand:
        """Find a brand."""
        if brand_id not in self.brands:
            raise not_found("Brand")
        return self.brands[brand_id]

    def usable_brand(self, brand_id: str | None) -> str:
        """Return the id of the brand that a write names; without one, the primary brand's."""
        brand = self.brand(brand_id or self.business_id)
        if not brand.enabled or brand.archived_at:
            # The code is documented, its status assumed.
            raise ApiError(422, "BRAND_NOT_ENABLED", f"Brand {brand.id} is not enabled")
        return brand.id

    def product(self, product_id: str) -> Product:
        """Find a product, archived or not."""
        if product_id not in self.products:
            raise not_found("Product")
        return self.products[product_id]

    def live_product(self, product_id: str) -> Product:
        """Find a product that is not archived."""
        product = self.product(product_id)
        if product.archived:
            raise ApiError(410, "PRODUCT_IS_DELETED")
        return product

    def collection(self, collection_id: str) -> Collection:
        """Find a collection, archived or not."""
        if collection_id not in self.collections:
            raise not_found("Product collection")
        return self.collections[collection_id]

    def live_collection(self, collection_id: str) -> Collection:
        """Find a collection to write it. 410 is documented for DELETE, assumed for the rest."""
        collection = self.collection(collection_id)
        if collection.archived:
            raise ApiError(410, "PRODUCT_COLLECTION_IS_DELETED")
        return collection

    def live_group(self, collection_id: str, group_id: str) -> tuple[Collection, Group]:
        """Find a group, and its collection, to write it."""
        collection = self.live_collection(collection_id)
        for group in collection.groups:
            if group.id == group_id:
                return collection, group
        raise not_found("Product collection group")

    def live_item(
        self, collection_id: str, group_id: str, item_id: str
    ) -> tuple[Collection, Group, Item]:
        """Find an item, its group and its collection, to write it."""
        collection, group = self.live_group(collection_id, group_id)
        for item in group.items:
            if item.id == item_id:
                return collection, group, item
        raise not_found("Product collection group item")

    def home_of(self, product_id: str) -> Collection | None:
        """Return the one collection that holds this product; an archived one holds on (assumed)."""
        for collection in self.collections.values():
            if any(item.product_id == product_id for item in collection.items()):
                return collection
        return None
