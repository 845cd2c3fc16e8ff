"""The 2Checkout simulator: authentication, routes and locations."""

import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from groupgate.sandbox.simulator import (
    Clock,
    NoRouteError,
    Request,
    Response,
    Router,
    Simulator,
    copy_records,
)
from groupgate.sandbox.two_checkout import groups, products
from groupgate.sandbox.two_checkout.protocol import ApiError, NotFoundError, error_response
from groupgate.sandbox.two_checkout.seed import seed_catalog
from groupgate.sandbox.two_checkout.signature import Account

_ROUTER = Router(
    ("GET", "productgroups", groups.list_groups),
    ("POST", "productgroups", groups.create_group),
    ("GET", "productgroups/*", groups.get_group),
    ("GET", "products", products.list_products),
    ("GET", "products/*", products.get_product),
    ("GET", "products/*/productgroups", groups.get_group_of_product),
    ("POST", "products/*/productgroups/*", groups.assign_product),
    ("DELETE", "products/*/productgroups/*", groups.unassign_product),
)
"""The operations that the gateway calls."""


class TwoCheckoutSimulator(Simulator):
    """Responds as 2Checkout's REST API 6.0 does, from seed data.

    `missing_status` is the status for products and groups that do not exist, 404 or 400: the vendor
    does not document it. Products in `hides_group_of` are shown with a null ProductGroup, which the
    documented samples allow.
    """

    def __init__(  # noqa: PLR0913 - each is a setting with a default
        self,
        *,
        merchant_code: str = "SANDBOX1",
        secret_key: str = "sandbox-secret-key",  # noqa: S107 - valid for the simulator only
        prefix: str = "",
        missing_status: int = 404,
        clock: Clock = time.time,
        hides_group_of: Collection[str] = (),
    ) -> None:
        super().__init__(prefix)
        self._account = Account(merchant_code=merchant_code, secret_key=secret_key)
        self._missing_status = missing_status
        self._clock = clock
        self._hides_group_of = hides_group_of
        self.reset()

    def reset(self) -> None:
        """Restore the seed data; `calls` is kept."""
        catalog = seed_catalog()
        for code in self._hides_group_of:
            catalog.products[code] = replace(catalog.products[code], shows_group=False)
        self._catalog = catalog

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return all groups, with the codes of their products, and all products."""
        catalog = self._catalog
        members: dict[str, list[str]] = {code: [] for code in catalog.groups}
        for product in catalog.products.values():
            members[product.group_code].append(product.code)
        records = {
            "groups": [
                groups.group_json(group) | {"products": members[group.code]}
                for group in catalog.groups.values()
            ],
            "products": [
                products.product_json(catalog, each) for each in catalog.products.values()
            ],
        }
        return copy_records(records)

    def respond(self, request: Request) -> Response:
        """Check the signature, then run the operation."""
        header = request.headers.get("x-avangate-authentication", "")
        if not self._account.is_signed(header, self._clock()):
            message = "Authentication needed for this resource"
            return error_response(401, "AUTHENTICATION_ERROR", message)
        try:
            handler, codes = _ROUTER.resolve(request)
            return self._with_absolute_location(handler(self._catalog, request, *codes), request)
        except NoRouteError as error:
            return _no_route(error)
        except ApiError as error:
            status = self._missing_status if isinstance(error, NotFoundError) else 400
            return error_response(status, error.code, error.message)

    def _with_absolute_location(self, response: Response, request: Request) -> Response:
        if "Location" not in response.headers:
            return response
        # The documented sample has an http:// URL although the API is served over https.
        root = f"http://{request.headers.get('host', 'localhost')}{self._prefix}"
        return replace(response, headers={"Location": root + response.headers["Location"]})


def _no_route(error: NoRouteError) -> Response:
    if error.allowed:
        return error_response(405, "METHOD_NOT_ALLOWED", "Method not allowed")
    return error_response(404, "NOT_FOUND", "Resource not found")
