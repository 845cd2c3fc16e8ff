"""Collections: list, create, read, change, archive, unarchive."""

from typing import Any

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import bodies, groups, membership, views
from groupgate.sandbox.dodo.errors import must_have_products
from groupgate.sandbox.dodo.images import image_url
from groupgate.sandbox.dodo.ordering import reordered
from groupgate.sandbox.dodo.records import Collection, Json
from groupgate.sandbox.dodo.request import Request


def list_all(request: Request) -> Answer:
    """Answer GET /product-collections, oldest first (the order is assumed)."""
    archived, brand_id = bool(request.flag("archived")), request.call.param("brand_id")
    locale = request.call.param("locale")
    shown = [
        collection
        for collection in request.catalog.collections.values()
        # archived=true lists archived ones only (assumed: the vendor's pages disagree).
        if collection.archived is archived and brand_id in {None, collection.brand_id}
    ]
    return Answer(body={"items": [views.summary(each, locale) for each in shown[request.page()]]})


def create(request: Request) -> Answer:
    """Answer POST /product-collections: 200 with everything (documented)."""
    catalog = request.catalog
    body = request.body(bodies.CREATE_COLLECTION)
    entries = [entry for group in body["groups"] for entry in group["products"]]
    if not entries:
        raise must_have_products()  # assumed for creation
    brand_id = catalog.usable_brand(body.get("brand_id"))
    groups.expect_unique(group.get("group_name") for group in body["groups"])
    membership.admit(catalog, entries)
    now = catalog.now()
    collection = Collection(
        id=catalog.new_id("pdc_"),
        brand_id=brand_id,
        name=body["name"],
        description=body.get("description"),
        created_at=now,
        updated_at=now,
        plan_changes=_plan_changes(body),
        groups=[groups.made(catalog, group) for group in body["groups"]],
    )
    catalog.collections[collection.id] = collection
    return Answer(body=views.collection(catalog, collection))


def get(request: Request, collection_id: str) -> Answer:
    """Answer GET /product-collections/{id}, for an archived one too (assumed)."""
    collection = request.catalog.collection(collection_id)
    return Answer(body=views.collection(request.catalog, collection, request.call.param("locale")))


def update(request: Request, collection_id: str) -> Answer:
    """Answer PATCH /product-collections/{id}: 200 without a body."""
    collection = request.catalog.live_collection(collection_id)
    change = request.body(bodies.PATCH_COLLECTION)
    ordered = reordered(collection.groups, change.get("group_order"), "group_order")
    if change.get("brand_id") is not None:
        collection.brand_id = request.catalog.usable_brand(change["brand_id"])
    collection.groups = ordered
    _set_texts(collection, change)
    collection.plan_changes |= _plan_changes(change)
    collection.updated_at = request.catalog.now()
    return Answer()


def _set_texts(collection: Collection, change: Json) -> None:
    # Null removes description and image (documented) and leaves the name alone (assumed).
    if change.get("name") is not None:
        collection.name = change["name"]
    if "description" in change:
        collection.description = change["description"]
    if "image_id" in change:
        collection.image = _image(change["image_id"])


def _image(image_id: str | None) -> str | None:
    return None if image_id is None else image_url(image_id)


def _plan_changes(body: Json) -> dict[str, Any]:
    # Null inherits from the business again, absent leaves (documented).
    return {name: body[name] for name in bodies.PLAN_CHANGES if name in body}


def archive(request: Request, collection_id: str) -> Answer:
    """Answer DELETE /product-collections/{id}; a second time it is gone."""
    collection = request.catalog.live_collection(collection_id)
    collection.archived = True
    collection.updated_at = request.catalog.now()
    return Answer()


def unarchive(request: Request, collection_id: str) -> Answer:
    """Answer POST /product-collections/{id}/unarchive: archived products fall out (documented)."""
    collection = request.catalog.collection(collection_id)
    # A live collection is left as it is (assumed).
    excluded = _drop_archived(request, collection) if collection.archived else []
    return Answer(
        body={
            "collection_id": collection.id,
            "excluded_product_ids": excluded,
            "message": "Product collection is active",
        }
    )


def _drop_archived(request: Request, collection: Collection) -> list[str]:
    products = request.catalog.products
    members = [item.product_id for item in collection.items()]
    excluded = [each for each in members if products[each].archived]
    if len(excluded) == len(members):
        raise must_have_products()  # assumed for this case
    for group in collection.groups:
        group.items = [item for item in group.items if item.product_id not in excluded]
    collection.archived = False
    collection.updated_at = request.catalog.now()
    return excluded
