"""Operations on products. The list is documented; the read of one product is assumed."""

from groupgate.sandbox.axim.catalog import Catalog, Product
from groupgate.sandbox.axim.protocol import Json, page_params, pagination, read_response
from groupgate.sandbox.simulator import Request, Response

_MAX_LIMIT = 100
"""Assumed: no maximum is documented for this list, unlike the 50 of groups."""


def list_products(catalog: Catalog, request: Request) -> Response:
    """Handle GET /products, with the filters that the gateway sends.

    `entityId` and `sku:in` are comma-separated lists; `sku` is a part of the SKU in any case
    (documented). A product must pass all filters (assumed).
    """
    page = page_params(request, maximum=_MAX_LIMIT)
    ids, skus = _list_param(request, "entityId"), _list_param(request, "sku:in")
    part = (request.param("sku") or "").casefold()
    found = [
        product
        for product in catalog.products.values()
        if (not ids or product.id in ids)
        and (not skus or product.fields["sku"] in skus)
        and part in product.fields["sku"].casefold()
    ]
    data = [product_json(catalog, product) for product in page.of(found)]
    return read_response(data, pagination=pagination(page, len(found)))


def _list_param(request: Request, name: str) -> set[str]:
    text = request.param(name)
    return {each.strip() for each in text.split(",")} if text else set()


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
