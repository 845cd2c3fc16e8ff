"""Builds the catalogue that each simulator starts with: a software business, always the same.

Prices and lists are shared with the seed data: operations replace such values and do not change
them in place.
"""

from datetime import UTC, datetime, timedelta

from groupgate.sandbox.dodo.catalog import (
    Catalog,
    Collection,
    Group,
    Item,
    Json,
    Product,
    prefixed_id,
    uuid_for,
)
from groupgate.sandbox.dodo.seed_data_media import ACADEMY, STANDALONE_PRODUCTS, WRITERS
from groupgate.sandbox.dodo.seed_data_plans import CLOUD, CRM, CRM_2024, DESK
from groupgate.sandbox.dodo.seed_types import (
    BUSINESS_ID,
    CollectionSeed,
    GroupSeed,
    ProductSeed,
)
from groupgate.sandbox.simulator import Clock

_COLLECTIONS = (CRM_2024, CRM, CLOUD, WRITERS, ACADEMY, DESK)
_FIRST_CREATED_AT = datetime(2025, 1, 13, 8, 30, tzinfo=UTC)
_BETWEEN_PRODUCTS = timedelta(hours=37, minutes=11)
_IMAGE_GAP = 6
"""Every sixth product has no image."""


def seed_catalog(clock: Clock) -> Catalog:
    """Return a new catalogue with the seed data."""
    catalog = Catalog(business_id=BUSINESS_ID, clock=clock)
    for collection in _COLLECTIONS:
        _add_collection(catalog, collection)
    for product in STANDALONE_PRODUCTS:
        _add_product(catalog, product)
    return catalog


def _add_collection(catalog: Catalog, seed: CollectionSeed) -> None:
    collection = Collection(
        id=prefixed_id("pdc_", seed.name),
        brand_id=seed.brand_id,
        name=seed.name,
        description=seed.description,
        image=_image_url(seed.name) if seed.has_image else None,
        created_at=seed.created_at,
        updated_at=seed.updated_at,
        plan_changes=dict(seed.plan_changes),
        groups=[_new_group(catalog, seed.name, group) for group in seed.groups],
        archived=seed.archived,
    )
    catalog.collections[collection.id] = collection


def _new_group(catalog: Catalog, collection: str, seed: GroupSeed) -> Group:
    path = f"{collection} / {seed.name}"
    items = [
        Item(
            id=uuid_for(f"{path} / {product.name}"),
            product_id=_add_product(catalog, product),
            status=product.name not in seed.inactive,
        )
        for product in seed.products
    ]
    return Group(id=uuid_for(path), name=seed.name, status=seed.status, items=items)


def _add_product(catalog: Catalog, seed: ProductSeed) -> str:
    """Add a product, with dates and an image that follow from its position; return its id."""
    position = len(catalog.products)
    created_at = _FIRST_CREATED_AT + position * _BETWEEN_PRODUCTS
    updated_at = created_at + timedelta(days=position % 9 * 11, minutes=position)
    has_image = position % _IMAGE_GAP != _IMAGE_GAP - 1
    fields = {"brand_id": BUSINESS_ID, **seed.fields}
    product = Product(
        id=prefixed_id("pdt_", seed.name),
        name=seed.name,
        price=seed.price,
        description=seed.description,
        tax_category=seed.tax_category,
        image=_image_url(seed.name) if has_image else None,
        created_at=_timestamp(created_at),
        updated_at=_timestamp(updated_at),
        credit_entitlements=_credit_entitlements(catalog, seed.monthly_credits),
        **fields,
    )
    catalog.products[product.id] = product
    return product.id


def _credit_entitlements(catalog: Catalog, amount: str | None) -> list[Json]:
    if amount is None:
        return []
    name = "Assistant credits"
    return [
        {
            "id": catalog.new_uuid(),
            "credit_entitlement_id": prefixed_id("cde_", name),
            "credit_entitlement_name": name,
            "credit_entitlement_unit": "credit",
            "credits_amount": amount,
            "overage_behavior": "forgive_at_reset",
            "overage_enabled": False,
            "proration_behavior": "no_prorate",
            "rollover_enabled": False,
            "trial_credits_expire_after_trial": False,
        }
    ]


def _image_url(name: str) -> str:
    return f"https://images.dodo.example/{uuid_for(f'image {name}')}.png"


def _timestamp(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
