"""Groups: create, change, delete. There is no way to read one alone (documented)."""

from collections.abc import Iterable

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import bodies, membership, views
from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.errors import invalid_parameters, must_have_products
from groupgate.sandbox.dodo.ordering import reordered
from groupgate.sandbox.dodo.records import Collection, Group, Json
from groupgate.sandbox.dodo.request import Request


def create(request: Request, collection_id: str) -> Answer:
    """Answer POST /product-collections/{id}/groups; a group may be empty (assumed)."""
    catalog = request.catalog
    collection = catalog.live_collection(collection_id)
    body = request.body(bodies.CREATE_GROUP)
    expect_unique([*(group.name for group in collection.groups), body.get("group_name")])
    membership.admit(catalog, body["products"])
    group = made(catalog, body)
    collection.groups.append(group)
    collection.updated_at = catalog.now()
    return Answer(body=views.group(catalog, group))


def made(catalog: Catalog, body: Json) -> Group:
    """Make a group of a body that was checked."""
    return Group(
        id=catalog.new_uuid(),
        name=body.get("group_name"),
        status=body.get("status") is not False,
        items=membership.new_items(catalog, body["products"]),
    )


def expect_unique(names: Iterable[str | None]) -> None:
    """Refuse a name that comes twice in a collection (documented).

    The vendor's pages contradict each other on unnamed groups: creating several is said to be
    allowed, clearing a second name is said to be refused. Both are played as said.
    """
    named = [name for name in names if name is not None]
    if len(named) != len(set(named)):
        raise invalid_parameters("group_name is already used in this collection")


def update(request: Request, collection_id: str, group_id: str) -> Answer:
    """Answer PATCH /product-collections/{id}/groups/{group_id}: 200 without a body."""
    collection, group = request.catalog.live_group(collection_id, group_id)
    change = request.body(bodies.PATCH_GROUP)
    ordered = reordered(group.items, change.get("product_order"), "product_order")
    if "group_name" in change:  # absent leaves it, null clears it (documented)
        _rename(collection, group, change["group_name"])
    if change.get("status") is not None:
        group.status = change["status"]
    group.items = ordered
    collection.updated_at = request.catalog.now()
    return Answer()


def _rename(collection: Collection, group: Group, name: str | None) -> None:
    others = [other.name for other in collection.groups if other is not group]
    if name is None and None in others:
        raise invalid_parameters("another unnamed group exists")
    expect_unique([*others, name])
    group.name = name


def delete(request: Request, collection_id: str, group_id: str) -> Answer:
    """Answer DELETE /product-collections/{id}/groups/{group_id}; its products go free (assumed)."""
    collection, group = request.catalog.live_group(collection_id, group_id)
    if group.items and len(group.items) == len(collection.items()):
        raise must_have_products()
    collection.groups.remove(group)
    collection.updated_at = request.catalog.now()
    return Answer()
