"""The five operations on product groups."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.axim.answers import RefusedError, invalid, read, written
from groupgate.sandbox.axim.catalog import Catalog, Group, Json, Product
from groupgate.sandbox.axim.paging import Page, asked_page
from groupgate.sandbox.axim.shapes import group_shape, member_shape


def list_groups(catalog: Catalog, call: Call) -> Answer:
    """Answer a page of groups, each with a page of its products."""
    page = asked_page(call)
    inner = asked_page(call, number="productPage", limit="productLimit", default=5)
    wanted = (call.param("search") or "").casefold()
    found = [group for group in catalog.groups.values() if wanted in group.name.casefold()]
    search = call.param("productSearch")
    data = [_listed(catalog, group, inner, search) for group in page.of(found)]
    return read(data, pagination=page.described(len(found)))


def create_group(catalog: Catalog, call: Call) -> Answer:
    """Create a group; members and restrictAccess are not documented here, so they are ignored."""
    body = _body(call)
    if "name" not in body:
        raise invalid()
    now = catalog.now()
    group = Group(id=catalog.new_id(), name="", created_at=now, updated_at=now)
    named: Json = {key: body[key] for key in ("name", "status") if key in body}
    catalog.groups[group.id] = _with_fields(group, named)
    return written("ProductGroup created Successfully", data={"id": group.id})


def get_group(catalog: Catalog, call: Call) -> Answer:
    """Answer one group beside a page of its products."""
    group = catalog.group(call.segments[1])
    page = asked_page(call)
    found = _matching(catalog.members(group), call.param("search"))
    return read(
        {
            "productGroup": group_shape(group),
            "products": [member_shape(product) for product in page.of(found)],
            "pagination": page.described(len(found)),
        }
    )


def update_group(catalog: Catalog, call: Call) -> Answer:
    """Change the fields that were sent, add members, then remove members; or nothing at all."""
    group = catalog.group(call.segments[1])
    body = _body(call)
    added, removed = _ids(body, "products"), _ids(body, "productsToRemove")
    if any(product_id not in catalog.products for product_id in added):
        raise RefusedError(400, "One or more products do not exist")
    # A dict keeps the order and drops repeats.
    members = tuple(key for key in dict.fromkeys(group.members + added) if key not in removed)
    changed = replace(_with_fields(group, body), members=members, updated_at=catalog.now())
    catalog.groups[group.id] = changed
    return written("ProductGroup updated Successfully", data=group_shape(changed))


def delete_group(catalog: Catalog, call: Call) -> Answer:
    """Delete a group; its products stay."""
    del catalog.groups[catalog.group(call.segments[1]).id]
    return written("ProductGroup deleted successfully")


def _listed(catalog: Catalog, group: Group, page: Page, search: str | None) -> Json:
    found = _matching(catalog.members(group), search)
    return {
        **group_shape(group),
        "products": [member_shape(product) for product in page.of(found)],
        "productCount": len(group.members),
        "productPagination": page.described(len(found)),
    }


def _matching(products: Iterable[Product], search: str | None) -> list[Product]:
    wanted = (search or "").casefold()
    return [
        product
        for product in products
        if wanted in product.fields["name"].casefold() or wanted in product.fields["sku"].casefold()
    ]


def _body(call: Call) -> Json:
    if not isinstance(call.json, dict):
        raise invalid()
    return call.json


def _with_fields(group: Group, body: Json) -> Group:
    name = body.get("name", group.name)
    if not isinstance(name, str) or not name.strip():
        raise invalid()
    return replace(
        group,
        name=name,
        status=_flag(body.get("status", group.status)),
        restrict_access=_flag(body.get("restrictAccess", group.restrict_access)),
    )


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise invalid()
    return value


def _ids(body: Json, name: str) -> tuple[str, ...]:
    ids = body.get(name, [])
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise invalid()
    return tuple(ids)
