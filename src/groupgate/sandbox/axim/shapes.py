"""The same group and product as different endpoints show them; Axim's shapes clash."""

from typing import Any

from groupgate.sandbox.axim.catalog import Catalog, Group, Json, Product


def group_shape(group: Group) -> Json:
    """Return a group's own fields; membership is never among them."""
    return {
        "id": group.id,
        "name": group.name,
        "status": group.status,
        "restrictAccess": group.restrict_access,
        "createdAt": group.created_at,
        "updatedAt": group.updated_at,
    }


def member_shape(product: Product) -> Json:
    """Return a product as groups embed it: the price a number, the description a string."""
    fields = product.fields
    return {
        "id": product.id,
        "name": fields["name"],
        "sku": fields["sku"],
        "price": price_number(product),
        "status": fields["status"],
        "description": _text(fields["description"]),
        "variants": fields["variants"],
        "categories": fields["categories"],
    }


def product_shape(catalog: Catalog, product: Product) -> Json:
    """Return a product as /products shows it: the price a string, the description an object."""
    return {
        "id": product.id,
        **product.fields,
        "productGroups": catalog.groups_of(product),
        "createdAt": product.created_at,
        "updatedAt": product.updated_at,
    }


def price_number(product: Product) -> float:
    """Return the price as a number, without a needless fraction."""
    price = float(product.fields["price"])
    return int(price) if price.is_integer() else price


def _text(description: Json) -> str:
    # Which key of the object holds the words is not documented; `text` is assumed.
    text: Any = description.get("text")
    return text if isinstance(text, str) else ""
