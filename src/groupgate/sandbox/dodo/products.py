"""Products: list, create, read, change, archive, unarchive."""

from collections.abc import Callable
from typing import Any

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import bodies, prices, views
from groupgate.sandbox.dodo.attachments import attached_credits, attached_entitlements, delivery
from groupgate.sandbox.dodo.catalog import Catalog
from groupgate.sandbox.dodo.errors import invalid_parameters
from groupgate.sandbox.dodo.images import image_url
from groupgate.sandbox.dodo.records import Json, Product
from groupgate.sandbox.dodo.request import Request

_PLAIN = (
    "name",
    "tax_category",
    "description",
    "metadata",
    "addons",
    "pricing_mode",
    "license_key_enabled",
    "license_key_activation_message",
    "license_key_activations_limit",
    "license_key_duration",
)
"""Fields that are kept as they are sent."""


def list_all(request: Request) -> Answer:
    """Answer GET /products, oldest first (the order is assumed)."""
    archived, brand_id = bool(request.flag("archived")), request.call.param("brand_id")
    recurring = request.flag("recurring")
    shown = [
        product
        for product in request.catalog.products.values()
        # archived=true lists archived ones only (assumed).
        if product.archived is archived
        and brand_id in {None, product.brand_id}
        and recurring in {None, prices.is_recurring(product.price)}
    ]
    page = [views.listed_product(request.catalog, each) for each in shown[request.page()]]
    return Answer(body={"items": page})


def create(request: Request) -> Answer:
    """Answer POST /products: 200 with everything (documented)."""
    catalog = request.catalog
    body = request.body(bodies.CREATE_PRODUCT)
    now = catalog.now()
    product = Product(
        id=catalog.new_id("pdt_"),
        brand_id=catalog.usable_brand(body.get("brand_id")),
        price=prices.complete(body["price"]),
        created_at=now,
        updated_at=now,
        **_kept(catalog, body),
    )
    catalog.products[product.id] = product
    return Answer(body=views.product(catalog, product))


def get(request: Request, product_id: str) -> Answer:
    """Answer GET /products/{id}, for an archived one too (assumed)."""
    product = request.catalog.product(product_id)
    return Answer(body=views.product(request.catalog, product))


def update(request: Request, product_id: str) -> Answer:
    """Answer PATCH /products/{id}: 200 without a body."""
    catalog = request.catalog
    product = catalog.live_product(product_id)
    change = request.body(bodies.PATCH_PRODUCT)
    new = _kept(catalog, change) | _priced(product, change.get("price"))
    if "pricing_mode" in change:  # null clears it (documented)
        new["pricing_mode"] = change["pricing_mode"]
    if change.get("image_id") is not None:
        new["image"] = image_url(change["image_id"])
    if change.get("brand_id") is not None:
        new["brand_id"] = catalog.usable_brand(change["brand_id"])
    for name, value in new.items():
        setattr(product, name, value)
    product.updated_at = catalog.now()
    return Answer()


def _kept(catalog: Catalog, body: Json) -> Json:
    """Return the fields to set; null is not described for them and changes nothing (assumed)."""
    kept = {name: body[name] for name in _PLAIN if body.get(name) is not None}
    return kept | {
        name: attach(catalog, body[name])
        for name, attach in _ATTACHED.items()
        if body.get(name) is not None
    }


_ATTACHED: dict[str, Callable[[Catalog, Any], Any]] = {
    "entitlements": attached_entitlements,
    "credit_entitlements": attached_credits,
    "digital_product_delivery": delivery,
}


def _priced(product: Product, price: Json | None) -> Json:
    if price is None:
        return {}
    if price["type"] != product.price["type"]:
        # A product keeps its pricing model (documented); the refusal's form is assumed.
        raise invalid_parameters("The pricing model of a product cannot be changed")
    return {"price": prices.complete(price)}


def archive(request: Request, product_id: str) -> Answer:
    """Answer DELETE /products/{id}: it stays where it is in live collections (assumed)."""
    return _switch(request, request.catalog.live_product(product_id), archived=True)


def unarchive(request: Request, product_id: str) -> Answer:
    """Answer POST /products/{id}/unarchive; a live one stays live (assumed)."""
    return _switch(request, request.catalog.product(product_id), archived=False)


def _switch(request: Request, product: Product, *, archived: bool) -> Answer:
    product.archived = archived
    product.updated_at = request.catalog.now()
    return Answer()
