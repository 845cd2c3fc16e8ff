"""The six operations on product groups; there is none to change or delete one."""

from dataclasses import replace
from typing import Any

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.two_checkout.answers import RefusedError, created, done, invalid
from groupgate.sandbox.two_checkout.catalog import DEFAULT_TEMPLATE, GENERAL, Catalog, Group
from groupgate.sandbox.two_checkout.shapes import group_shape


def list_groups(catalog: Catalog, _: Call) -> Answer:
    """Answer all groups at once; there is no paging."""
    return Answer(body=[group_shape(group) for group in catalog.groups.values()])


def create_group(catalog: Catalog, call: Call) -> Answer:
    """Create a group with a code of the system's own; a code that was sent is ignored."""
    body = call.json if isinstance(call.json, dict) else {}
    name = body.get("Name")
    if not isinstance(name, str) or not name.strip():
        raise RefusedError("PRODUCT_GROUP_EMPTY", "Product group cannot be empty")
    if any(group.name == name for group in catalog.groups.values()):
        raise RefusedError(
            "PRODUCT_GROUP_NAME_NOT_UNIQUE", "A product group with this name already exists"
        )
    group = Group(
        code=catalog.new_code(),
        name=name,
        template_name=_text(body, "TemplateName") or DEFAULT_TEMPLATE,
        description=_text(body, "Description"),
    )
    catalog.groups[group.code] = group
    return created("productgroups", group.code)


def get_group(catalog: Catalog, call: Call) -> Answer:
    """Answer one group."""
    return Answer(body=group_shape(catalog.group(call.segments[1])))


def get_group_of_product(catalog: Catalog, call: Call) -> Answer:
    """Answer the name of a product's group: a bare JSON string (documented in words only)."""
    product = catalog.product(call.segments[1])
    return Answer(body=catalog.group(product.group_code).name)


def assign(catalog: Catalog, call: Call) -> Answer:
    """Move a product to a group; the group's cart template comes with it."""
    product = catalog.product(call.segments[1])
    group = catalog.group(call.segments[3])
    catalog.products[product.code] = replace(product, group_code=group.code)
    return done()


def unassign(catalog: Catalog, call: Call) -> Answer:
    """Move a product out of a group to General; out of General it stays there (assumed)."""
    product = catalog.product(call.segments[1])
    if product.group_code != catalog.group(call.segments[3]).code:
        raise RefusedError("PRODUCT_NOT_IN_GROUP", "Product is not in this product group")
    catalog.products[product.code] = replace(product, group_code=GENERAL)
    return done()


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name)
    return value or ""
