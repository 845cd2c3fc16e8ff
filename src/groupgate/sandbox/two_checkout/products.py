"""Operations on products, documented by samples and clients more than by pages."""

from groupgate.sandbox.simulator import Request, Response
from groupgate.sandbox.two_checkout.catalog import Catalog, Product
from groupgate.sandbox.two_checkout.groups import group_json
from groupgate.sandbox.two_checkout.protocol import Json, page_params


def list_products(catalog: Catalog, request: Request) -> Response:
    """Handle GET /products/; `GroupName` is a group's exact name (documented), not its code.

    An unknown group name finds nothing (assumed).
    """
    page = page_params(request)
    group_name = request.param("GroupName")
    found = [
        product
        for product in catalog.products.values()
        if not group_name or catalog.groups[product.group_code].name == group_name
    ]
    return Response(
        body={
            "Items": [product_json(catalog, product) for product in page.of(found)],
            "Pagination": {"Page": page.number, "Limit": page.limit, "Count": len(found)},
        }
    )


def get_product(catalog: Catalog, _request: Request, code: str) -> Response:
    """Handle GET /products/{code}/."""
    return Response(body=product_json(catalog, catalog.product(code)))


def product_json(catalog: Catalog, product: Product) -> Json:
    """Return a product with its group embedded."""
    group = group_json(catalog.group(product.group_code)) if product.shows_group else None
    return {
        "AvangateId": product.avangate_id,
        "ProductCode": product.code,
        **product.fields,
        "ProductGroup": group,
    }
