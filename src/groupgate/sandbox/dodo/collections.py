"""Operations on product collections."""

from groupgate.sandbox.dodo import groups, protocol
from groupgate.sandbox.dodo.catalog import Catalog, Collection, Json
from groupgate.sandbox.dodo.protocol import (
    flag_param,
    must_have_products,
    page_param,
    parse_body,
)
from groupgate.sandbox.simulator import Request, Response

_PLAN_CHANGES = (
    "effective_at_on_upgrade",
    "effective_at_on_downgrade",
    "proration_billing_mode_on_upgrade",
    "proration_billing_mode_on_downgrade",
    "on_payment_failure",
)


def list_collections(catalog: Catalog, request: Request) -> Response:
    """Handle GET /product-collections, oldest first (order assumed)."""
    # archived=true lists archived collections only (assumed: the vendor's pages disagree).
    archived = flag_param(request, "archived")
    found = [each for each in catalog.collections.values() if each.archived is archived]
    return Response(body={"items": [_summary(each) for each in found[page_param(request)]]})


def create_collection(catalog: Catalog, request: Request) -> Response:
    """Handle POST /product-collections; return 200 with the collection (documented)."""
    body = parse_body(request, protocol.CREATE_COLLECTION)
    entries = [entry for group in body["groups"] for entry in group["products"]]
    if not entries:
        raise must_have_products()  # assumed for creation
    groups.check_names_unique(group.get("group_name") for group in body["groups"])
    groups.check_products_free(catalog, entries)
    now = catalog.now()
    collection = Collection(
        id=catalog.new_id("pdc_"),
        brand_id=catalog.business_id,  # the id of the primary brand (documented)
        name=body["name"],
        description=body.get("description"),
        created_at=now,
        updated_at=now,
        groups=[groups.new_group(catalog, group) for group in body["groups"]],
    )
    catalog.collections[collection.id] = collection
    return Response(body=_collection_json(catalog, collection))


def get_collection(catalog: Catalog, _request: Request, collection_id: str) -> Response:
    """Handle GET /product-collections/{id}, also for an archived collection (assumed)."""
    return Response(body=_collection_json(catalog, catalog.collection(collection_id)))


def update_collection(catalog: Catalog, request: Request, collection_id: str) -> Response:
    """Handle PATCH /product-collections/{id}; return 200 without a body."""
    collection = catalog.active_collection(collection_id)
    change = parse_body(request, protocol.PATCH_COLLECTION)
    collection.groups = groups.reorder(collection.groups, change.get("group_order"), "group_order")
    # Null clears the description (documented) and leaves the name as it is (assumed).
    if change.get("name") is not None:
        collection.name = change["name"]
    if "description" in change:
        collection.description = change["description"]
    collection.updated_at = catalog.now()
    return Response()


def archive_collection(catalog: Catalog, _request: Request, collection_id: str) -> Response:
    """Handle DELETE /product-collections/{id}; return 410 for an archived collection."""
    collection = catalog.active_collection(collection_id)
    collection.archived = True
    collection.updated_at = catalog.now()
    return Response()


def unarchive_collection(catalog: Catalog, _request: Request, collection_id: str) -> Response:
    """Handle POST /product-collections/{id}/unarchive; archived products drop out (documented)."""
    collection = catalog.collection(collection_id)
    # A collection that is not archived stays as it is (assumed).
    excluded = _drop_archived_products(catalog, collection) if collection.archived else []
    return Response(
        body={
            "collection_id": collection.id,
            "excluded_product_ids": excluded,
            "message": "Product collection is active",
        }
    )


def _drop_archived_products(catalog: Catalog, collection: Collection) -> list[str]:
    members = [item.product_id for item in collection.items()]
    excluded = [each for each in members if catalog.products[each].archived]
    if len(excluded) == len(members):
        raise must_have_products()  # assumed for this case
    for group in collection.groups:
        group.items = [item for item in group.items if item.product_id not in excluded]
    collection.archived = False
    collection.updated_at = catalog.now()
    return excluded


def _summary(collection: Collection) -> Json:
    """Return a collection as in a list: no groups, no brand, no archived flag (documented)."""
    return {
        "id": collection.id,
        "name": collection.name,
        "description": collection.description,
        "image": collection.image,
        "products_count": len(collection.items()),
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
    }


def _collection_json(catalog: Catalog, collection: Collection) -> Json:
    return {
        "id": collection.id,
        "brand_id": collection.brand_id,
        "name": collection.name,
        "description": collection.description,
        "image": collection.image,
        "created_at": collection.created_at,
        "updated_at": collection.updated_at,
        **{name: collection.plan_changes.get(name) for name in _PLAN_CHANGES},
        "groups": [groups.group_json(catalog, each) for each in collection.groups],
    }
