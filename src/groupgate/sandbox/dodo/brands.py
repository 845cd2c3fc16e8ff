"""Brands: read only here, unpaged."""

from groupgate.sandbox.asgi import Answer
from groupgate.sandbox.dodo import views
from groupgate.sandbox.dodo.request import Request


def list_all(request: Request) -> Answer:
    """Answer GET /brands: archived ones only on demand (documented)."""
    everything = request.flag("include_archived")
    brands = request.catalog.brands.values()
    shown = [brand for brand in brands if everything or not brand.archived_at]
    return Answer(body={"items": [views.brand(request.catalog, brand) for brand in shown]})


def get(request: Request, brand_id: str) -> Answer:
    """Answer GET /brands/{id}."""
    return Answer(body=views.brand(request.catalog, request.catalog.brand(brand_id)))
