"""The simulator itself: who may call, and which operation is meant."""

import re
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from hmac import compare_digest
from typing import Any

from groupgate.sandbox.asgi import Answer, Call
from groupgate.sandbox.axim import groups, products
from groupgate.sandbox.axim.answers import RefusedError, refused
from groupgate.sandbox.axim.catalog import Catalog
from groupgate.sandbox.axim.seed import seed_catalog
from groupgate.sandbox.axim.shapes import group_shape, product_shape
from groupgate.sandbox.simulator import Clock, Simulator

Operation = Callable[[Catalog, Call], Answer]

_ONE_GROUP: dict[str, Operation] = {
    "GET": groups.get_group,
    "PUT": groups.update_group,
    "DELETE": groups.delete_group,
}
_ONE_PRODUCT: dict[str, Operation] = {
    "GET": products.get_product,
    "PUT": products.update_product,
    "DELETE": products.delete_product,
}
_BEARER = re.compile(r"bearer +", re.IGNORECASE)


class AximSimulator(Simulator):
    """Axim Commerce as an ASGI app, with a shop to start from."""

    def __init__(
        self,
        *,
        access_token: str = "axim-sandbox-token",  # noqa: S107 - opens nothing but this simulator
        prefix: str = "",
        rate_per_minute: int | None = None,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(prefix=prefix, rate_per_minute=rate_per_minute, clock=clock)
        self._access_token = access_token
        self._clock = clock
        self._catalog = seed_catalog(clock)

    def reset(self) -> None:
        """Go back to the seed; what was counted and written down stays."""
        self._catalog = seed_catalog(self._clock)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Return all groups, with the ids of their members, and all products."""
        catalog = self._catalog
        return deepcopy(
            {
                "groups": [
                    group_shape(group) | {"products": list(group.members)}
                    for group in catalog.groups.values()
                ],
                "products": [product_shape(catalog, each) for each in catalog.products.values()],
            }
        )

    def answer(self, call: Call) -> Answer:
        """Answer one request."""
        if not self._knows(call.headers.get("accesstoken", "")):
            return refused(401, "Access token is invalid or missing")
        operations = _operations(call.segments)
        if not operations:
            return refused(404, "Not found")
        if call.method not in operations:
            return refused(405, "Method not allowed")
        try:
            return operations[call.method](self._catalog, call)
        except RefusedError as error:
            return refused(error.status, error.message)

    def too_many(self, seconds: int) -> Answer:  # noqa: ARG002 - Axim documents no Retry-After
        """Answer a request that came too early; nothing tells the client how long to wait."""
        return refused(429, "Too many requests")

    def _knows(self, header: str) -> bool:
        # Tables call it a Bearer token, every sample sends the bare token: both are accepted.
        token = _BEARER.sub("", header.strip(), count=1)
        return compare_digest(token.encode(), self._access_token.encode())


def _operations(segments: tuple[str, ...]) -> Mapping[str, Operation]:
    match segments:
        case ("productGroup", "all"):
            return _ONE_GROUP | {"GET": groups.list_groups}
        case ("productGroup", "create"):
            return _ONE_GROUP | {"POST": groups.create_group}
        case ("productGroup", _):
            return _ONE_GROUP
        case ("products",):
            return {"GET": products.list_products, "POST": products.create_product}
        case ("products", _):
            return _ONE_PRODUCT
        case _:
            return {}
