"""A failing vendor nulls its own fields only, and each null field has an error."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from groupgate.app.settings import Settings
from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import Gateway, open_gateway
from tests.e2e.transports import FaultyVendors, VendorCalls

pytestmark = pytest.mark.anyio

PRODUCTION = Settings.model_construct()
COLLECTIONS = (
    "{ providers { key productCollections { nodes { name groups(first: 1) { nodes { id } } } } } }"
)


@asynccontextmanager
async def gateway_with_failing_dodo(
    result: httpx.Response | Exception,
) -> AsyncIterator[Gateway]:
    """Open a gateway whose calls to Dodo all have this result."""
    dodo = FaultyVendors(lambda call: result if call.url.path.startswith("/dodo") else None)
    async with open_gateway(Sandbox(), transport=dodo.transport, upstream=PRODUCTION) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("result", "code", "retryable"),
    [
        (httpx.ConnectError("refused"), "UPSTREAM_UNAVAILABLE", True),
        (httpx.Response(503, text="<html>secret</html>"), "UPSTREAM_UNAVAILABLE", True),
        (httpx.Response(429, json={"code": "TOO_MANY_REQUESTS"}), "UPSTREAM_THROTTLED", True),
        (httpx.Response(401, json={"message": "secret"}), "UPSTREAM_DENIED", False),
        (httpx.Response(200, text="<html>secret</html>"), "UPSTREAM_PROTOCOL", False),
    ],
)
async def test_one_failing_vendor_nulls_its_own_fields(
    result: httpx.Response | Exception, code: str, *, retryable: bool
) -> None:
    """The others' fields are complete; the error has path, provider, code and retryable."""
    async with gateway_with_failing_dodo(result) as gateway:
        response = await gateway.execute(COLLECTIONS)
    axim, dodo, two_checkout = response["data"]["providers"]
    assert dodo == {"key": "DODO", "productCollections": None}
    assert len(axim["productCollections"]["nodes"][0]["groups"]["nodes"]) == 1
    assert len(two_checkout["productCollections"]["nodes"][0]["groups"]["nodes"]) == 1
    (error,) = response["errors"]
    assert error["path"] == ["providers", 1, "productCollections"]
    extensions = error["extensions"]
    assert (extensions["code"], extensions["provider"]) == (code, "DODO")
    assert extensions["retryable"] is retryable
    assert len(extensions["requestId"]) == 16
    assert "secret" not in str(response)


async def test_two_fields_that_one_call_failed_have_an_error_each() -> None:
    """Both errors have the same cause."""
    async with gateway_with_failing_dodo(httpx.ConnectError("refused")) as gateway:
        response = await gateway.execute(
            "{ provider(key: DODO) { a: productCollections { totalCount }"
            " b: productCollections { totalCount } } }"
        )
    assert [error["path"] for error in response["errors"]] == [["provider", "a"], ["provider", "b"]]
    causes = {error["extensions"]["cause"] for error in response["errors"]}
    assert len(causes) == 1


async def test_the_error_of_an_unexpected_body_has_the_json_path() -> None:
    """The path of the unexpected value, but not the value."""
    unexpected = httpx.Response(200, json={"items": "secret"})
    async with gateway_with_failing_dodo(unexpected) as gateway:
        response = await gateway.execute(
            "{ provider(key: DODO) { productCollections { totalCount } } }"
        )
    (error,) = response["errors"]
    assert error["extensions"]["jsonPath"] == "$.items"
    assert error["extensions"]["retryable"] is False
    assert "secret" not in str(response)


class SlowAxim(VendorCalls):
    """Holds calls to Axim until 2Checkout has been called for the products of a group."""

    def __init__(self) -> None:
        self._reached_products = asyncio.Event()

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        if request.url.path.startswith("/axim"):
            await self._reached_products.wait()
        elif "GroupName" in str(request.url) or "/products/" in request.url.path:
            self._reached_products.set()
        return await vendors.handle_async_request(request)


async def test_a_slow_vendor_does_not_delay_a_fast_one() -> None:
    """2Checkout is read down to the last level before Axim responds to the first call."""
    query = (
        "{ providers { productCollections { nodes { groups(first: 2) { nodes {"
        " products(first: 2) { nodes { name } } } } } } } }"
    )
    async with open_gateway(
        Sandbox(), transport=SlowAxim().transport, upstream=PRODUCTION
    ) as gateway:
        async with asyncio.timeout(10):
            data = await gateway.data(query)
    assert len(data["providers"]) == 3
