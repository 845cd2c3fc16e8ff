"""A vendor that fails nulls its own fields only, and each null has its error."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import Gateway

pytestmark = pytest.mark.anyio

WALK = (
    "{ providers { key productCollections { nodes { name groups(first: 1) { nodes { id } } } } } }"
)


class Failing(httpx.ASGITransport):
    """Answers for one vendor as it is told, and lets the others through."""

    def __init__(self, sandbox: Sandbox, prefix: str, answer: httpx.Response | Exception) -> None:
        super().__init__(app=sandbox)
        self._prefix = prefix
        self._answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.startswith(self._prefix):
            return await super().handle_async_request(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


async def gateway_with(prefix: str, answer: httpx.Response | Exception) -> AsyncIterator[Gateway]:
    """A gateway one of whose vendors answers so."""
    sandbox = Sandbox()
    vendors = connect(
        sandbox.environment("http://sandbox"), lambda: Failing(sandbox, prefix, answer)
    )
    transport = httpx.ASGITransport(app=create_app(vendors, Settings.model_construct()))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield Gateway(http=http, sandbox=sandbox)


@pytest.mark.parametrize(
    ("answer", "code", "retryable"),
    [
        (httpx.ConnectError("refused"), "UPSTREAM_UNAVAILABLE", True),
        (httpx.Response(503, text="<html>secret</html>"), "UPSTREAM_UNAVAILABLE", True),
        (httpx.Response(429, json={"code": "TOO_MANY_REQUESTS"}), "UPSTREAM_THROTTLED", True),
        (httpx.Response(401, json={"message": "secret"}), "UPSTREAM_DENIED", False),
        (httpx.Response(200, text="<html>secret</html>"), "UPSTREAM_PROTOCOL", False),
    ],
)
async def test_one_vendor_down_nulls_its_own_fields(
    answer: httpx.Response | Exception, code: str, *, retryable: bool
) -> None:
    """The others answer in full; the error has the path, the provider and what to do."""
    async for gateway in gateway_with("/dodo", answer):
        got = await gateway.ask(WALK)
        axim, dodo, two_checkout = got["data"]["providers"]
        assert dodo == {"key": "DODO", "productCollections": None}
        assert len(axim["productCollections"]["nodes"][0]["groups"]["nodes"]) == 1
        assert len(two_checkout["productCollections"]["nodes"][0]["groups"]["nodes"]) == 1
        (error,) = got["errors"]
        assert error["path"] == ["providers", 1, "productCollections"]
        told = error["extensions"]
        assert (told["code"], told["provider"], told["retryable"]) == (code, "DODO", retryable)
        assert len(told["requestId"]) == 16
        assert "secret" not in str(got)


async def test_fields_of_one_cause_have_an_error_each() -> None:
    """Two fields fail over one call: two entries, one cause."""
    async for gateway in gateway_with("/dodo", httpx.ConnectError("refused")):
        got = await gateway.ask(
            "{ provider(key: DODO) { a: productCollections { totalCount }"
            " b: productCollections { totalCount } } }"
        )
        assert [error["path"] for error in got["errors"]] == [["provider", "a"], ["provider", "b"]]
        causes = {error["extensions"]["cause"] for error in got["errors"]}
        assert len(causes) == 1


async def test_a_body_that_does_not_fit_names_its_json_path() -> None:
    """The place, never the value."""
    broken = httpx.Response(200, json={"items": [{"id": 7, "name": "secret"}]})
    async for gateway in gateway_with("/dodo", broken):
        got = await gateway.ask("{ provider(key: DODO) { productCollections { totalCount } } }")
        (error,) = got["errors"]
        assert error["extensions"]["jsonPath"] == "$.items[0].id"
        assert error["extensions"]["retryable"] is False
        assert "secret" not in str(got)


class Slow(httpx.ASGITransport):
    """Holds one vendor's answers back until the others have been asked for everything."""

    def __init__(self, sandbox: Sandbox, gate: asyncio.Event) -> None:
        super().__init__(app=sandbox)
        self._gate = gate

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/axim"):
            await self._gate.wait()
        elif "GroupName" in str(request.url) or "/products/" in request.url.path:
            self._gate.set()
        return await super().handle_async_request(request)


async def test_a_slow_vendor_does_not_hold_up_a_fast_one() -> None:
    """2Checkout is asked down to the last level while Axim has not answered the first."""
    sandbox, gate = Sandbox(), asyncio.Event()
    vendors = connect(sandbox.environment("http://sandbox"), lambda: Slow(sandbox, gate))
    transport = httpx.ASGITransport(app=create_app(vendors, Settings.model_construct()))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        gateway = Gateway(http=http, sandbox=sandbox)
        async with asyncio.timeout(10):
            data = await gateway.data(
                "{ providers { productCollections { nodes { groups(first: 2) { nodes {"
                " products(first: 2) { nodes { name } } } } } } } }"
            )
    assert len(data["providers"]) == 3
