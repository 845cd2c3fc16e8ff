"""Records as the vendor answers them: each read has its own set of fields (documented)."""

from groupgate.sandbox.dodo import prices
from groupgate.sandbox.dodo.bodies import PLAN_CHANGES
from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.records import Brand, Collection, Group, Item, Json, Product


def summary(collection: Collection, locale: str | None) -> Json:
    """Show a collection in a list: no groups, no brand, no archived flag."""
    return {
        "id": collection.id,
        **_texts(collection, locale),
        "image": collection.image,
        "products_count": len(collection.items()),
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
    }


def collection(catalog: Catalog, record: Collection, locale: str | None = None) -> Json:
    """Show a collection with its groups and their products."""
    return {
        "id": record.id,
        "brand_id": record.brand_id,
        **_texts(record, locale),
        "image": record.image,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        **{name: record.plan_changes.get(name) for name in PLAN_CHANGES},
        "groups": [group(catalog, each) for each in record.groups],
    }


def _texts(record: Collection, locale: str | None) -> Json:
    # An unknown code and a missing translation fall back to the base text (documented).
    said = record.translations.get(locale or "")
    name = said.name if said else None
    description = said.description if said else None
    return {
        "name": record.name if name is None else name,
        "description": record.description if description is None else description,
    }


def group(catalog: Catalog, record: Group) -> Json:
    """Show a group with its products."""
    return {
        "group_id": record.id,
        "group_name": record.name,
        "status": record.status,
        "products": [item(catalog, each) for each in record.items],
    }


def item(catalog: Catalog, record: Item) -> Json:
    """Show an item: the row and a short form of its product."""
    product = catalog.products[record.product_id]
    return {
        "id": record.id,
        "product_id": product.id,
        "status": record.status,
        "name": product.name,
        "description": product.description,
        "is_recurring": prices.is_recurring(product.price),
        "license_key_enabled": product.license_key_enabled,
        "addons_count": len(product.addons or []),
        "files_count": len((product.digital_product_delivery or {}).get("files", [])),
        "meters_count": len(product.price.get("meters", [])),
        "has_credit_entitlements": bool(product.credit_entitlements),
        "tax_category": product.tax_category,
        **_flat_price(product),
    }


def listed_product(catalog: Catalog, record: Product) -> Json:
    """Show a product in a list: a flat price, no brand, no archived flag."""
    return _shared(catalog, record) | _flat_price(record)


def product(catalog: Catalog, record: Product) -> Json:
    """Show one product: only a nested price, and the collection that holds it."""
    home = catalog.home_of(record.id)
    return _shared(catalog, record) | {
        "brand_id": record.brand_id,
        "price": record.price,
        "addons": record.addons,
        "credit_entitlements": record.credit_entitlements,
        "digital_product_delivery": record.digital_product_delivery,
        "license_key_enabled": record.license_key_enabled,
        "license_key_activation_message": record.license_key_activation_message,
        "license_key_activations_limit": record.license_key_activations_limit,
        "license_key_duration": record.license_key_duration,
        "product_collection_id": home.id if home else None,
    }


def _shared(catalog: Catalog, record: Product) -> Json:
    return {
        "product_id": record.id,
        "business_id": catalog.business_id,
        "name": record.name,
        "description": record.description,
        "image": record.image,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "is_recurring": prices.is_recurring(record.price),
        "tax_category": record.tax_category,
        "metadata": record.metadata,
        "entitlements": [catalog.entitlements[each] for each in record.entitlements],
        "pricing_mode": record.pricing_mode,
    }


def _flat_price(record: Product) -> Json:
    return {
        "currency": record.price["currency"],
        "price": prices.amount(record.price),
        "price_detail": record.price,
        "tax_inclusive": record.price["tax_inclusive"],
    }


def brand(catalog: Catalog, record: Brand) -> Json:
    """Show a brand."""
    return {
        "brand_id": record.id,
        "business_id": catalog.business_id,
        "name": record.name,
        "description": None,
        "image": None,
        "url": record.url,
        "support_email": f"support@{record.url.removeprefix('https://')}",
        "statement_descriptor": record.statement_descriptor,
        "enabled": record.enabled,
        "verification_enabled": True,
        "verification_status": "Success" if record.enabled else "Hold",
        "reason_for_hold": record.reason_for_hold,
        "archived_at": record.archived_at,
    }
