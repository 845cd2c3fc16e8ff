"""Items: products put into a group, switched, taken out."""

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import bodies, membership, views
from groupgate.sandbox.dodo.errors import must_have_products
from groupgate.sandbox.dodo.request import Request


def create(request: Request, collection_id: str, group_id: str) -> Answer:
    """Answer POST .../items: a bare array (documented) of the rows added at the end (assumed)."""
    catalog = request.catalog
    collection, group = catalog.live_group(collection_id, group_id)
    entries = request.body(bodies.ADD_ITEMS)["products"]
    membership.admit(catalog, entries)
    added = membership.new_items(catalog, entries)
    group.items.extend(added)
    collection.updated_at = catalog.now()
    return Answer(body=[views.item(catalog, item) for item in added])


def update(request: Request, collection_id: str, group_id: str, item_id: str) -> Answer:
    """Answer PATCH .../items/{item_id}: 200 without a body."""
    collection, _, item = request.catalog.live_item(collection_id, group_id, item_id)
    item.status = request.body(bodies.PATCH_ITEM)["status"]
    collection.updated_at = request.catalog.now()
    return Answer()


def delete(request: Request, collection_id: str, group_id: str, item_id: str) -> Answer:
    """Answer DELETE .../items/{item_id}: 200 without a body."""
    collection, group, item = request.catalog.live_item(collection_id, group_id, item_id)
    if len(collection.items()) == 1:
        raise must_have_products()
    group.items.remove(item)
    collection.updated_at = request.catalog.now()
    return Answer()
