"""Operations on groups and on their items. A group has no read of its own (documented)."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from groupgate.sandbox.dodo import protocol
from groupgate.sandbox.dodo.catalog import Catalog, Collection, Group, Item, Json
from groupgate.sandbox.dodo.products import flat_price, is_recurring
from groupgate.sandbox.dodo.protocol import (
    ApiError,
    invalid_parameters,
    must_have_products,
    parse_body,
)
from groupgate.sandbox.simulator import Request, Response


class _HasId(Protocol):
    id: str


HasIdT = TypeVar("HasIdT", bound=_HasId)


def create_group(catalog: Catalog, request: Request, collection_id: str) -> Response:
    """Handle POST /product-collections/{id}/groups; a group may be empty (assumed)."""
    collection = catalog.active_collection(collection_id)
    body = parse_body(request, protocol.CREATE_GROUP)
    check_names_unique([*(group.name for group in collection.groups), body.get("group_name")])
    check_products_free(catalog, body["products"])
    group = new_group(catalog, body)
    collection.groups.append(group)
    collection.updated_at = catalog.now()
    return Response(body=group_json(catalog, group))


def update_group(catalog: Catalog, request: Request, collection_id: str, group_id: str) -> Response:
    """Handle PATCH /product-collections/{id}/groups/{group_id}; return 200 without a body."""
    collection, group = catalog.active_group(collection_id, group_id)
    change = parse_body(request, protocol.PATCH_GROUP)
    items = reorder(group.items, change.get("product_order"), "product_order")
    if "group_name" in change:  # Absent leaves the name, null clears it (documented).
        _rename(collection, group, change["group_name"])
    if change.get("status") is not None:
        group.status = change["status"]
    group.items = items
    collection.updated_at = catalog.now()
    return Response()


def _rename(collection: Collection, group: Group, name: str | None) -> None:
    others = [other.name for other in collection.groups if other is not group]
    if name is None and None in others:
        raise invalid_parameters("another unnamed group exists")
    check_names_unique([*others, name])
    group.name = name


def delete_group(
    catalog: Catalog, _request: Request, collection_id: str, group_id: str
) -> Response:
    """Handle DELETE .../groups/{group_id}; its products are then in no collection (assumed)."""
    collection, group = catalog.active_group(collection_id, group_id)
    if group.items and len(group.items) == len(collection.items()):
        raise must_have_products()
    collection.groups.remove(group)
    collection.updated_at = catalog.now()
    return Response()


def add_items(catalog: Catalog, request: Request, collection_id: str, group_id: str) -> Response:
    """Handle POST .../items; return an array (documented) of the items, added last (assumed)."""
    collection, group = catalog.active_group(collection_id, group_id)
    entries = parse_body(request, protocol.ADD_ITEMS)["products"]
    check_products_free(catalog, entries)
    added = _new_items(catalog, entries)
    group.items.extend(added)
    collection.updated_at = catalog.now()
    return Response(body=[_item_json(catalog, item) for item in added])


def update_item(
    catalog: Catalog, request: Request, collection_id: str, group_id: str, item_id: str
) -> Response:
    """Handle PATCH .../items/{item_id}; return 200 without a body."""
    collection, _, item = catalog.active_item(collection_id, group_id, item_id)
    item.status = parse_body(request, protocol.PATCH_ITEM)["status"]
    collection.updated_at = catalog.now()
    return Response()


def delete_item(
    catalog: Catalog, _request: Request, collection_id: str, group_id: str, item_id: str
) -> Response:
    """Handle DELETE .../items/{item_id}; return 200 without a body."""
    collection, group, item = catalog.active_item(collection_id, group_id, item_id)
    if len(collection.items()) == 1:
        raise must_have_products()
    group.items.remove(item)
    collection.updated_at = catalog.now()
    return Response()


def new_group(catalog: Catalog, body: Json) -> Group:
    """Return a new group from a body that was checked."""
    return Group(
        id=catalog.new_uuid(),
        name=body.get("group_name"),
        status=body.get("status") is not False,
        items=_new_items(catalog, body["products"]),
    )


def _new_items(catalog: Catalog, entries: Iterable[Json]) -> list[Item]:
    return [
        Item(
            id=catalog.new_uuid(),
            product_id=entry["product_id"],
            status=entry.get("status") is not False,  # The default is true (documented).
        )
        for entry in entries
    ]


def check_names_unique(names: Iterable[str | None]) -> None:
    """Raise an error if two groups of a collection have the same name (documented).

    The vendor's pages contradict each other about unnamed groups: a collection may be created with
    several of them, but clearing a second name is refused. The simulator does both.
    """
    named = [name for name in names if name is not None]
    if len(named) != len(set(named)):
        raise invalid_parameters("group_name is already used in this collection")


def check_products_free(catalog: Catalog, entries: Iterable[Json]) -> None:
    """Raise an error unless each product exists, is not archived and is in no collection."""
    seen: set[str] = set()
    for entry in entries:
        product_id = entry["product_id"]
        if catalog.product(product_id).archived:
            # The code is documented, the status assumed: 410 is for an entity of the path.
            raise ApiError(422, "PRODUCT_IS_DELETED", f"Product {product_id} is archived")
        holder = catalog.collection_of(product_id)
        if holder is not None:
            # That a product has one collection is documented; the form of this error is not.
            raise invalid_parameters(f"Product {product_id} is already in collection {holder.id}")
        if product_id in seen:
            raise invalid_parameters(f"Product {product_id} is named twice")
        seen.add(product_id)


def reorder(entities: list[HasIdT], order: Sequence[str] | None, field: str) -> list[HasIdT]:
    """Return the entities in this order of ids, which must have each once (assumed).

    None keeps the order.
    """
    if order is None:
        return entities
    by_id = {entity.id: entity for entity in entities}
    if sorted(order) != sorted(by_id):
        raise invalid_parameters(f"{field} must name every entry exactly once")
    return [by_id[entity_id] for entity_id in order]


def group_json(catalog: Catalog, group: Group) -> Json:
    """Return a group with its items."""
    return {
        "group_id": group.id,
        "group_name": group.name,
        "status": group.status,
        "products": [_item_json(catalog, each) for each in group.items],
    }


def _item_json(catalog: Catalog, item: Item) -> Json:
    product = catalog.products[item.product_id]
    return {
        "id": item.id,
        "product_id": product.id,
        "status": item.status,
        "name": product.name,
        "description": product.description,
        "is_recurring": is_recurring(product),
        "license_key_enabled": product.license_key_enabled,
        "addons_count": 0,
        "files_count": len((product.digital_product_delivery or {}).get("files", [])),
        "meters_count": len(product.price.get("meters", [])),
        "has_credit_entitlements": bool(product.credit_entitlements),
        "tax_category": product.tax_category,
        **flat_price(product),
    }
