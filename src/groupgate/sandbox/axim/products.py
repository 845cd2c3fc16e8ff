"""Operations on products. The list is documented; the read of one product is assumed."""

from groupgate.sandbox.axim.catalog import Catalog, Product
from groupgate.sandbox.axim.protocol import Json, page_params, pagination, read_response
from groupgate.sandbox.simulator import Request, Response

_MAX_LIMIT = 100
"""Assumed: no maximum is documented for this list, unlike the 50 of groups."""


def list_products(catalog: Catalog, request: Request) -> Response:
    """Handle GET /products; `entityId` is a comma-separated list of ids."""
    page = page_params(request, maximum=_MAX_LIMIT)
    entity_id = request.param("entityId")
    found = list(catalog.products.values())
    if entity_id:
        ids = {each.strip() for each in entity_id.split(",")}
        found = [product for product in found if product.id in ids]
    data = [product_json(catalog, product) for product in page.of(found)]
    return read_response(data, pagination=pagination(page, len(found)))


def get_product(catalog: Catalog, _request: Request, product_id: str) -> Response:
    """Handle GET /products/{id}."""
    return read_response(product_json(catalog, catalog.product(product_id)))


def product_json(catalog: Catalog, product: Product) -> Json:
    """Return a product as /products does: the price is a string, the description an object."""
    return {
        "id": product.id,
        **product.fields,
        "productGroups": catalog.groups_of(product),
        "createdAt": product.created_at,
        "updatedAt": product.updated_at,
    }
