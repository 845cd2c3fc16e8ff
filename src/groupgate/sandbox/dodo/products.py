"""Operations on products."""

from groupgate.sandbox.dodo.catalog import Catalog, Json, Product
from groupgate.sandbox.dodo.protocol import ApiError, flag_param, page_param
from groupgate.sandbox.simulator import Request, Response


def list_products(catalog: Catalog, request: Request) -> Response:
    """Handle GET /products, oldest first (order assumed); archived=true lists only archived ones.

    Items have a flat price, no brand and no archived flag (documented).
    """
    archived = flag_param(request, "archived")
    found = [each for each in catalog.products.values() if each.archived is archived]
    page = found[page_param(request)]
    return Response(
        body={"items": [_common_json(catalog, each) | flat_price(each) for each in page]}
    )


def get_product(catalog: Catalog, _request: Request, product_id: str) -> Response:
    """Handle GET /products/{id}, also for an archived product (assumed).

    The response has a nested price only, and the collection of the product (documented).
    """
    product = catalog.product(product_id)
    collection = catalog.collection_of(product_id)
    return Response(
        body=_common_json(catalog, product)
        | {
            "brand_id": product.brand_id,
            "price": product.price,
            "addons": None,
            "credit_entitlements": product.credit_entitlements,
            "digital_product_delivery": product.digital_product_delivery,
            "license_key_enabled": product.license_key_enabled,
            "license_key_activation_message": product.license_key_activation_message,
            "license_key_activations_limit": product.license_key_activations_limit,
            "license_key_duration": None,
            "product_collection_id": collection.id if collection else None,
        }
    )


def archive_product(catalog: Catalog, _request: Request, product_id: str) -> Response:
    """Handle DELETE /products/{id}; the product stays in its collection (assumed)."""
    product = catalog.product(product_id)
    if product.archived:
        raise ApiError(410, "PRODUCT_IS_DELETED")
    product.archived = True
    product.updated_at = catalog.now()
    return Response()


def _common_json(catalog: Catalog, product: Product) -> Json:
    return {
        "product_id": product.id,
        "business_id": catalog.business_id,
        "name": product.name,
        "description": product.description,
        "image": product.image,
        "created_at": product.created_at,
        "updated_at": product.updated_at,
        "is_recurring": is_recurring(product),
        "tax_category": product.tax_category,
        "metadata": product.metadata,
        "entitlements": product.entitlements,
        "pricing_mode": product.pricing_mode,
    }


def flat_price(product: Product) -> Json:
    """Return the price fields of list items; a usage-based price shows its fixed part."""
    price = product.price
    amount = price["fixed_price"] if price["type"] == "usage_based_price" else price["price"]
    return {
        "currency": price["currency"],
        "price": amount,
        "price_detail": price,
        "tax_inclusive": price["tax_inclusive"],
    }


def is_recurring(product: Product) -> bool:
    """Return True for recurring and for usage-based prices, which are billed by period."""
    return bool(product.price["type"] != "one_time_price")
