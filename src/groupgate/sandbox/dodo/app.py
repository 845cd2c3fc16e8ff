"""The Dodo Payments simulator: authentication, rate limits and routes."""

import time
from dataclasses import replace
from typing import Any

from groupgate.sandbox.dodo import collections, groups, products
from groupgate.sandbox.dodo.catalog import Collection, Product
from groupgate.sandbox.dodo.limits import RateLimit
from groupgate.sandbox.dodo.protocol import ApiError, not_found
from groupgate.sandbox.dodo.seed import seed_catalog
from groupgate.sandbox.simulator import (
    Clock,
    NoRouteError,
    Request,
    Response,
    Router,
    Simulator,
    copy_records,
)

_COLLECTION = "product-collections/*"
_GROUP = f"{_COLLECTION}/groups/*"

_ROUTER = Router(
    ("GET", "product-collections", collections.list_collections),
    ("POST", "product-collections", collections.create_collection),
    ("GET", _COLLECTION, collections.get_collection),
    ("PATCH", _COLLECTION, collections.update_collection),
    ("DELETE", _COLLECTION, collections.archive_collection),
    ("POST", f"{_COLLECTION}/unarchive", collections.unarchive_collection),
    ("POST", f"{_COLLECTION}/groups", groups.create_group),
    ("PATCH", _GROUP, groups.update_group),
    ("DELETE", _GROUP, groups.delete_group),
    ("POST", f"{_GROUP}/items", groups.add_items),
    ("PATCH", f"{_GROUP}/items/*", groups.update_item),
    ("DELETE", f"{_GROUP}/items/*", groups.delete_item),
    ("GET", "products", products.list_products),
    ("GET", "products/*", products.get_product),
    ("DELETE", "products/*", products.archive_product),
)
"""The operations that the gateway calls, and archiving of products. A group has no GET."""


class DodoSimulator(Simulator):
    """Responds as test.dodopayments.com does, from seed data.

    The rate limits are those of tier 0 (documented); None turns one off.
    Requests without a valid key are not counted, unlike at the vendor.
    """

    def __init__(
        self,
        *,
        api_key: str = "sk_test_sandbox",
        prefix: str = "",
        rate_per_second: int | None = 40,
        rate_per_minute: int | None = 240,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(prefix)
        self.throttled = 0
        """The number of requests that were answered with 429."""
        self._api_key = api_key
        self._clock = clock
        self._limit = RateLimit(per_second=rate_per_second, per_minute=rate_per_minute, clock=clock)
        self.reset()

    def reset(self) -> None:
        """Restore the seed data; `calls`, `throttled` and the rate limits are kept."""
        self._catalog = seed_catalog(self._clock)

    def snapshot(self) -> dict[str, Any]:
        """Return collections with groups and items, and products, both by id."""
        catalog = self._catalog
        collection_ids: dict[str, str] = {}
        for collection in catalog.collections.values():
            for item in collection.items():
                collection_ids.setdefault(item.product_id, collection.id)
        records = {
            "collections": {
                each.id: _collection_snapshot(each) for each in catalog.collections.values()
            },
            "products": {
                each.id: _product_snapshot(each, collection_ids.get(each.id))
                for each in catalog.products.values()
            },
        }
        return copy_records(records)

    def respond(self, request: Request) -> Response:
        """Check key and rate limits, then run the operation."""
        if not self._is_authorized(request):
            return ApiError(401, "UNAUTHORIZED", "Not authorised").response
        refusal = self._limit.refusal()
        if refusal is not None:
            self.throttled += 1
            return replace(ApiError(429, "TOO_MANY_REQUESTS").response, headers=refusal)
        return replace(self._run(request), headers=self._limit.headers())

    def _is_authorized(self, request: Request) -> bool:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and key == self._api_key

    def _run(self, request: Request) -> Response:
        try:
            handler, ids = _ROUTER.resolve(request)
            return handler(self._catalog, request, *ids)
        except NoRouteError as error:
            return _no_route(error).response
        except ApiError as error:
            return error.response


def _no_route(error: NoRouteError) -> ApiError:
    if not error.allowed:
        return not_found("Path")
    return ApiError(405, "METHOD_NOT_ALLOWED", f"Allowed here: {', '.join(error.allowed)}")


def _collection_snapshot(collection: Collection) -> dict[str, Any]:
    return {
        "name": collection.name,
        "description": collection.description,
        "archived": collection.archived,
        "groups": collection.groups,
    }


def _product_snapshot(product: Product, collection_id: str | None) -> dict[str, Any]:
    return {
        "name": product.name,
        "archived": product.archived,
        "collection_id": collection_id,
    }
