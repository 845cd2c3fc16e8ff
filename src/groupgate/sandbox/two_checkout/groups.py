"""Operations on product groups. The vendor cannot change or delete a group."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

from groupgate.sandbox.simulator import Request, Response
from groupgate.sandbox.two_checkout.catalog import DEFAULT_TEMPLATE, GENERAL, Catalog, Group
from groupgate.sandbox.two_checkout.protocol import ApiError, Json, done, invalid


def list_groups(catalog: Catalog, _request: Request) -> Response:
    """Handle GET /productgroups/: all groups, without pages."""
    return Response(body=[group_json(group) for group in catalog.groups.values()])


def create_group(catalog: Catalog, request: Request) -> Response:
    """Handle POST /productgroups/; the code is the system's own, in the Location header only."""
    body = request.json if isinstance(request.json, dict) else {}
    name = body.get("Name")
    if not isinstance(name, str) or not name.strip():
        raise ApiError("PRODUCT_GROUP_EMPTY", "Product group cannot be empty")
    if any(group.name == name for group in catalog.groups.values()):
        raise ApiError(
            "PRODUCT_GROUP_NAME_NOT_UNIQUE", "A product group with this name already exists"
        )
    group = Group(
        code=catalog.new_code(),
        name=name,
        template_name=_text(body, "TemplateName") or DEFAULT_TEMPLATE,
        description=_text(body, "Description"),
    )
    catalog.groups[group.code] = group
    location = f"/productgroups/{quote(group.code, safe='')}/"
    return Response(status=201, body=True, headers={"Location": location})


def get_group(catalog: Catalog, _request: Request, code: str) -> Response:
    """Handle GET /productgroups/{code}/."""
    return Response(body=group_json(catalog.group(code)))


def get_group_of_product(catalog: Catalog, _request: Request, product_code: str) -> Response:
    """Handle GET /products/{code}/productgroups/: the group's name (documented in words only)."""
    product = catalog.product(product_code)
    return Response(body=catalog.group(product.group_code).name)


def assign_product(
    catalog: Catalog, _request: Request, product_code: str, group_code: str
) -> Response:
    """Handle POST /products/{code}/productgroups/{code}/: move a product to a group."""
    product = catalog.product(product_code)
    group = catalog.group(group_code)
    catalog.products[product.code] = replace(product, group_code=group.code)
    return done()


def unassign_product(
    catalog: Catalog, _request: Request, product_code: str, group_code: str
) -> Response:
    """Handle DELETE /products/{code}/productgroups/{code}/: move a product to General.

    A product that is taken out of General stays there (assumed).
    """
    product = catalog.product(product_code)
    if product.group_code != catalog.group(group_code).code:
        raise ApiError("PRODUCT_NOT_IN_GROUP", "Product is not in this product group")
    catalog.products[product.code] = replace(product, group_code=GENERAL)
    return done()


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name)
    return value or ""


def group_json(group: Group) -> Json:
    """Return a group."""
    return {
        "Name": group.name,
        "Code": group.code,
        "TemplateName": group.template_name,
        "Description": group.description,
    }
