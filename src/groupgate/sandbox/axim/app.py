"""The Axim Commerce simulator: authentication and routes."""

import re
import time
from hmac import compare_digest
from typing import Any

from groupgate.sandbox.axim import groups, products
from groupgate.sandbox.axim.protocol import ApiError
from groupgate.sandbox.axim.seed import seed_catalog
from groupgate.sandbox.simulator import (
    Clock,
    NoRouteError,
    Request,
    Response,
    Router,
    Simulator,
    copy_records,
)

_BEARER = re.compile(r"bearer +", re.IGNORECASE)

_ROUTER = Router(
    ("GET", "productGroup/all", groups.list_groups),
    ("POST", "productGroup/create", groups.create_group),
    ("GET", "productGroup/*", groups.get_group),
    ("PUT", "productGroup/*", groups.update_group),
    ("DELETE", "productGroup/*", groups.delete_group),
    ("GET", "products", products.list_products),
    ("GET", "products/*", products.get_product),
)
"""The operations that the gateway calls."""


class AximSimulator(Simulator):
    """Responds as an Axim Commerce store does, from seed data."""

    def __init__(
        self,
        *,
        access_token: str = "axim-sandbox-token",  # noqa: S107 - valid for the simulator only
        prefix: str = "",
        clock: Clock = time.time,
    ) -> None:
        super().__init__(prefix)
        self._access_token = access_token
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Restore the seed data; `calls` is kept."""
        self._catalog = seed_catalog(self._clock)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return all groups, with the ids of their products, and all products."""
        catalog = self._catalog
        records = {
            "groups": [
                groups.group_json(group) | {"products": list(group.members)}
                for group in catalog.groups.values()
            ],
            "products": [
                products.product_json(catalog, each) for each in catalog.products.values()
            ],
        }
        return copy_records(records)

    def respond(self, request: Request) -> Response:
        """Check the token, then run the operation."""
        if not self._is_authorized(request):
            return ApiError(401, "Access token is invalid or missing").response
        try:
            handler, ids = _ROUTER.resolve(request)
            return handler(self._catalog, request, *ids)
        except NoRouteError as error:
            return _no_route(error).response
        except ApiError as error:
            return error.response

    def _is_authorized(self, request: Request) -> bool:
        # The tables say "Bearer token", all samples send the bare token: both are accepted.
        header = request.headers.get("accesstoken", "")
        token = _BEARER.sub("", header.strip(), count=1)
        return compare_digest(token.encode(), self._access_token.encode())


def _no_route(error: NoRouteError) -> ApiError:
    return ApiError(405, "Method not allowed") if error.allowed else ApiError(404, "Not found")
