"""The five operations on products; only list, update and delete are documented."""

from dataclasses import replace

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.axim.answers import invalid, read, written
from groupgate.sandbox.axim.catalog import Catalog, Product
from groupgate.sandbox.axim.fields import complete_fields, written_fields
from groupgate.sandbox.axim.filters import comma_list, matching
from groupgate.sandbox.axim.paging import asked_page
from groupgate.sandbox.axim.shapes import product_shape

_TOP = 100
"""No maximum is documented for this list, unlike the groups' 50; 100 is assumed."""


def list_products(catalog: Catalog, call: Call) -> Answer:
    """Answer a page of the products that pass the filters."""
    page = asked_page(call, top=_TOP)
    found = matching(catalog.products.values(), call)
    hidden = set(comma_list(call.param("excludeFields") or "")) - {"id"}
    shapes = [product_shape(catalog, product) for product in page.of(found)]
    data = [{key: shape[key] for key in shape if key not in hidden} for shape in shapes]
    return read(data, pagination=page.described(len(found)))


def create_product(catalog: Catalog, call: Call) -> Answer:
    """Create a product; that name and SKU are required is assumed."""
    fields = written_fields(call.json)
    if not {"name", "sku"} <= fields.keys():
        raise invalid()
    now = catalog.now()
    product = Product(
        id=catalog.new_id(), fields=complete_fields(fields), created_at=now, updated_at=now
    )
    catalog.products[product.id] = product
    return written("Product created Successfully", data={"id": product.id})


def get_product(catalog: Catalog, call: Call) -> Answer:
    """Answer one product."""
    return read(product_shape(catalog, catalog.product(call.segments[1])))


def update_product(catalog: Catalog, call: Call) -> Answer:
    """Change the fields that were sent; the documented answer is a fragment with the name."""
    product = catalog.product(call.segments[1])
    fields = product.fields | written_fields(call.json)
    catalog.products[product.id] = replace(product, fields=fields, updated_at=catalog.now())
    return written("Product updated Successfully", data={"name": fields["name"]})


def delete_product(catalog: Catalog, call: Call) -> Answer:
    """Delete a product."""
    catalog.remove_product(catalog.product(call.segments[1]))
    return written("Product deleted successfully")
