"""The simulator itself: who may call, and which operation is meant."""

import time
from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.simulator import Clock, Simulator
from groupgate.sandbox.two_checkout import groups, products
from groupgate.sandbox.two_checkout.answers import MissingError, RefusedError, refused
from groupgate.sandbox.two_checkout.catalog import Catalog
from groupgate.sandbox.two_checkout.seed import seed_catalog
from groupgate.sandbox.two_checkout.shapes import group_shape, product_shape
from groupgate.sandbox.two_checkout.signature import Account

Operation = Callable[[Catalog, Call], Answer]


_ROUTES: Mapping[tuple[tuple[str, ...], int], Mapping[str, Operation]] = {
    (("productgroups",), 1): {"GET": groups.list_groups, "POST": groups.create_group},
    (("productgroups",), 2): {"GET": groups.get_group},
    (("products",), 1): {"GET": products.list_products, "POST": products.create_product},
    (("products",), 2): {
        "GET": products.get_product,
        "PUT": products.update_product,
        "POST": products.enable_product,
        "DELETE": products.disable_product,
    },
    (("products", "productgroups"), 3): {"GET": groups.get_group_of_product},
    (("products", "productgroups"), 4): {"POST": groups.assign, "DELETE": groups.unassign},
}
"""By the names in a path, which stand between codes, and how long it is."""


class TwoCheckoutSimulator(Simulator):
    """2Checkout's REST 6.0 as an ASGI app, with a software vendor to start from."""

    def __init__(  # noqa: PLR0913 - what may be switched where the facts are silent
        self,
        *,
        merchant_code: str = "SANDBOX1",
        secret_key: str = "sandbox-secret-key",  # noqa: S107 - opens nothing but this simulator
        prefix: str = "",
        date_tolerance: float = 600,
        missing_status: int = 404,
        clock: Clock = time.time,
        rate_per_minute: int | None = None,
        hides_group_of: Collection[str] = (),
    ) -> None:
        """Products in `hides_group_of` are shown with a null ProductGroup, as the facts allow."""
        super().__init__(prefix=prefix, rate_per_minute=rate_per_minute, clock=clock)
        self._account = Account(
            merchant_code=merchant_code, secret_key=secret_key, date_tolerance=date_tolerance
        )
        self._missing_status = missing_status
        self._clock = clock
        self._base_path = prefix
        self._hides_group_of = hides_group_of
        self._catalog = self._seed()

    def reset(self) -> None:
        """Go back to the seed; what was counted and written down stays."""
        self._catalog = self._seed()

    def _seed(self) -> Catalog:
        catalog = seed_catalog()
        for code in self._hides_group_of:
            catalog.products[code] = replace(catalog.products[code], shows_group=False)
        return catalog

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return all groups, with the codes of their products, and all products."""
        catalog = self._catalog
        members: dict[str, list[str]] = {code: [] for code in catalog.groups}
        for product in catalog.products.values():
            members[product.group_code].append(product.code)
        return {
            "groups": [
                group_shape(group) | {"products": members[group.code]}
                for group in catalog.groups.values()
            ],
            "products": [
                deepcopy(product_shape(catalog, each)) for each in catalog.products.values()
            ],
        }

    def answer(self, call: Call) -> Answer:
        """Answer one request."""
        header = call.headers.get("x-avangate-authentication", "")
        if not self._account.signed(header, self._clock()):
            message = "Authentication needed for this resource"
            return refused(401, "AUTHENTICATION_ERROR", message)
        operations = _ROUTES.get((call.segments[::2], len(call.segments)))
        if not operations:
            return refused(404, "NOT_FOUND", "Resource not found")
        if call.method not in operations:
            return refused(405, "METHOD_NOT_ALLOWED", "Method not allowed")
        try:
            return self._located(operations[call.method](self._catalog, call), call)
        except RefusedError as error:
            status = self._missing_status if isinstance(error, MissingError) else 400
            return refused(status, error.code, error.message)

    def too_many(self, seconds: int) -> Answer:
        """Answer a request that came too early by so many seconds."""
        answer = refused(429, "TOO_MANY_REQUESTS", "Slow down")
        return replace(answer, headers={"Retry-After": str(seconds)})

    def _located(self, answer: Answer, call: Call) -> Answer:
        if "Location" not in answer.headers:
            return answer
        # The printed sample is an http:// address although the API is asked over https.
        root = f"http://{call.headers.get('host', 'localhost')}{self._base_path}"
        return replace(answer, headers={"Location": root + answer.headers["Location"]})
