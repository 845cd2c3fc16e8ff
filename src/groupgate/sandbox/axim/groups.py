"""Operations on product groups."""

from dataclasses import replace

from groupgate.sandbox.axim.catalog import Catalog, Group, Product
from groupgate.sandbox.axim.protocol import (
    ApiError,
    Json,
    invalid,
    page_params,
    pagination,
    parse_body,
    parse_flag,
    parse_ids,
    parse_name,
    read_response,
    write_response,
)
from groupgate.sandbox.simulator import Page, Request, Response


def list_groups(catalog: Catalog, request: Request) -> Response:
    """Handle GET /productGroup/all: a page of groups, each with a page of its products."""
    page = page_params(request)
    product_page = page_params(request, number="productPage", limit="productLimit", default=5)
    search = (request.param("search") or "").casefold()
    found = [group for group in catalog.groups.values() if search in group.name.casefold()]
    data = [_listed_group(catalog, group, product_page) for group in page.of(found)]
    return read_response(data, pagination=pagination(page, len(found)))


def create_group(catalog: Catalog, request: Request) -> Response:
    """Handle POST /productGroup/create; it takes name and status only (documented)."""
    body = parse_body(request)
    if "name" not in body:
        raise invalid()
    now = catalog.now()
    group = Group(
        id=catalog.new_id(),
        name=parse_name(body["name"]),
        status=parse_flag(body.get("status", True)),
        created_at=now,
        updated_at=now,
    )
    catalog.groups[group.id] = group
    return write_response("ProductGroup created Successfully", data={"id": group.id})


def get_group(catalog: Catalog, request: Request, group_id: str) -> Response:
    """Handle GET /productGroup/{id}: the group and a page of its products."""
    group = catalog.group(group_id)
    page = page_params(request)
    members = catalog.members(group)
    return read_response(
        {
            "productGroup": group_json(group),
            "products": [_member_json(product) for product in page.of(members)],
            "pagination": pagination(page, len(members)),
        }
    )


def update_group(catalog: Catalog, request: Request, group_id: str) -> Response:
    """Handle PUT /productGroup/{id}: set fields, add members, then remove members."""
    group = catalog.group(group_id)
    body = parse_body(request)
    added, removed = parse_ids(body, "products"), parse_ids(body, "productsToRemove")
    if any(product_id not in catalog.products for product_id in added):
        raise ApiError(400, "One or more products do not exist")
    # A dict keeps the order and drops duplicates.
    members = tuple(key for key in dict.fromkeys(group.members + added) if key not in removed)
    changed = replace(
        group,
        name=parse_name(body.get("name", group.name)),
        status=parse_flag(body.get("status", group.status)),
        restrict_access=parse_flag(body.get("restrictAccess", group.restrict_access)),
        members=members,
        updated_at=catalog.now(),
    )
    catalog.groups[group.id] = changed
    return write_response("ProductGroup updated Successfully", data=group_json(changed))


def delete_group(catalog: Catalog, _request: Request, group_id: str) -> Response:
    """Handle DELETE /productGroup/{id}; the products of the group remain."""
    del catalog.groups[catalog.group(group_id).id]
    return write_response("ProductGroup deleted successfully")


def group_json(group: Group) -> Json:
    """Return the fields of a group; products are not among them (documented)."""
    return {
        "id": group.id,
        "name": group.name,
        "status": group.status,
        "restrictAccess": group.restrict_access,
        "createdAt": group.created_at,
        "updatedAt": group.updated_at,
    }


def _listed_group(catalog: Catalog, group: Group, page: Page) -> Json:
    members = catalog.members(group)
    return {
        **group_json(group),
        "products": [_member_json(product) for product in page.of(members)],
        "productCount": len(members),
        "productPagination": pagination(page, len(members)),
    }


def _member_json(product: Product) -> Json:
    """Return a product as groups embed it: the price is a number, the description a string."""
    fields = product.fields
    return {
        "id": product.id,
        "name": fields["name"],
        "sku": fields["sku"],
        "price": product.price,
        "status": fields["status"],
        # The key of the text in the description is not documented; `text` is assumed.
        "description": fields["description"].get("text", ""),
        "variants": fields["variants"],
        "categories": fields["categories"],
    }
