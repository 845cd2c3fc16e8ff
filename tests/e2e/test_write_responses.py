"""Every change at every vendor, with responses of success that the vendors do not document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import Gateway, open_gateway, plain_transport
from tests.e2e.valid_mutations import VALID_MUTATIONS

pytestmark = pytest.mark.anyio

Call = tuple[str, str, Any]
"""Method, path and body."""

HTML: Final = {"Content-Type": "text/html; charset=UTF-8"}

SUCCESSES: Final[Mapping[str, httpx.Response]] = {
    "200 without a body": httpx.Response(200),
    "204": httpx.Response(204),
    "202 with white space": httpx.Response(202, content=b"\r\n"),
    "{}": httpx.Response(200, content=b"{}"),
    "[]": httpx.Response(200, content=b"[]"),
    "null": httpx.Response(200, content=b"null"),
    "true as text": httpx.Response(200, content=b'"true"'),
    "true as text/html": httpx.Response(200, content=b"true", headers=HTML),
    "BOM": httpx.Response(200, content=b"\xef\xbb\xbftrue"),
    "a message": httpx.Response(200, content=b'{"message": "Updated successfully"}'),
    "odd data": httpx.Response(200, content=b'{"success": true, "data": [7], "message": ""}'),
    "numbers for true": httpx.Response(200, content=b'{"success": 1, "data": {"id": null}}'),
    "errors without a value": httpx.Response(
        200, content=b'{"code": 200, "error": false, "errors": [], "error_code": null}'
    ),
    "no excluded products": httpx.Response(
        200, content=b'{"collection_id": null, "excluded_product_ids": null}'
    ),
}
"""A success by its status, and no error inside."""

READS_FOR_IDS: Final = {
    "Dodo, create": 1,
    "Dodo, set": 1,
    "Dodo, move": 1,
    "Dodo, collection create": 2,
    "Axim, create": 1,
}
"""The reads that find ids which the documented response contains."""

UNREADABLE: Final[Mapping[str, httpx.Response]] = {
    "a page": httpx.Response(200, content=b"<!DOCTYPE html><p>Done</p>", headers=HTML),
    "a page labelled as JSON": httpx.Response(
        200, content=b"\n<html>", headers={"Content-Type": "application/json"}
    ),
    "false": httpx.Response(200, content=b"false"),
    "9 MiB": httpx.Response(200, headers={"Content-Length": str(9 * 1024 * 1024)}),
    "broken gzip": httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")
    ),
}
"""A success by its status, with a body that cannot be read, or does not confirm it."""

VERIFYING_READS: Final = {
    "Dodo, unassign": 2,
    "Dodo, set": 3,
    "Dodo, move": 4,
    "Dodo, collection create": 2,
    "Axim, create": 2,
    "Axim, move": 2,
    "2Checkout, create": 3,
    "2Checkout, assign": 2,
    "2Checkout, unassign": 3,
    "2Checkout, set": 5,
    "2Checkout, move": 2,
}
"""One for each write, and one more where a new collection or group has to be identified."""

ROLLED_BACK: Final = {"Dodo, move", "Axim, move"}
"""Changes whose failure is reported in the payload, if the state afterwards cannot be read."""

_documented: dict[str, list[Call]] = {}


@dataclass(kw_only=True)
class AlteredWrites:
    """Makes transports on which the response to each write is another one."""

    response: httpx.Response
    reach_vendor: bool = True
    """False if the vendor does not receive the writes."""
    fail_reads: bool = False
    """True if every read after the first write fails."""
    written: int = 0

    def transport(self, sandbox: Sandbox) -> httpx.AsyncBaseTransport:
        """Return a transport to the vendors."""
        vendors = httpx.ASGITransport(app=sandbox)

        async def handle(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                is_failing = self.fail_reads and self.written
                return (
                    httpx.Response(401)
                    if is_failing
                    else await vendors.handle_async_request(request)
                )
            self.written += 1
            if self.reach_vendor:
                assert (await vendors.handle_async_request(request)).is_success
            return _copy(self.response)

        return httpx.MockTransport(handle)


def _copy(response: httpx.Response) -> httpx.Response:
    """Return a response that can be read once more."""
    stream = httpx.ByteStream(b"".join(response.stream))  # type: ignore[arg-type]
    return httpx.Response(response.status_code, headers=response.headers, stream=stream)


async def run(name: str, writes: AlteredWrites | None = None) -> tuple[Any, list[Call]]:
    """Run a change at new vendors; return the response and the calls that they received."""
    change = VALID_MUTATIONS[name]
    transport = writes.transport if writes else plain_transport
    async with open_gateway(transport=transport) as gateway:
        return await gateway.execute(change.document, **change.arguments), received(gateway)


async def run_documented(name: str) -> list[Call]:
    """Return the calls of a change if the vendors respond as documented; each is run once."""
    if name not in _documented:
        answer, calls = await run(name)
        assert answer == {"data": {"payload": {"userErrors": []}}}
        _documented[name] = calls
    return _documented[name]


def received(gateway: Gateway) -> list[Call]:
    """Return the calls that the vendors received."""
    sandbox = gateway.sandbox
    vendors = (sandbox.dodo, sandbox.axim, sandbox.two_checkout)
    return [call for vendor in vendors for call in vendor.calls]


def writes_in(calls: list[Call]) -> list[Call]:
    """Return the writes, those that are sent at the same time in one order."""
    return sorted((call for call in calls if call[0] != "GET"), key=str)


@pytest.mark.parametrize("response", SUCCESSES.values(), ids=SUCCESSES)
@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_status_of_success_without_an_error_is_a_success(
    name: str, response: httpx.Response
) -> None:
    documented = await run_documented(name)
    answer, calls = await run(name, AlteredWrites(response=response))
    assert answer == {"data": {"payload": {"userErrors": []}}}
    assert writes_in(calls) == writes_in(documented)
    assert len(calls) == len(documented) + READS_FOR_IDS.get(name, 0)


@pytest.mark.parametrize("response", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_read_confirms_a_write_whose_response_cannot_be_read(
    name: str, response: httpx.Response
) -> None:
    documented = await run_documented(name)
    answer, calls = await run(name, AlteredWrites(response=response))
    assert answer == {"data": {"payload": {"userErrors": []}}}
    assert writes_in(calls) == writes_in(documented)
    assert len(calls) == len(documented) + VERIFYING_READS.get(name, 1)


@pytest.mark.parametrize("name", VALID_MUTATIONS)
async def test_a_read_shows_that_a_write_whose_response_cannot_be_read_was_not_applied(
    name: str,
) -> None:
    writes = AlteredWrites(response=UNREADABLE["a page"], reach_vendor=False)
    answer, calls = await run(name, writes)
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "NOT_APPLIED",
    )
    assert answer["data"] == {"payload": None}
    assert writes_in(calls) == []


@pytest.mark.parametrize("reach_vendor", [True, False])
@pytest.mark.parametrize("name", [name for name in VALID_MUTATIONS if name not in ROLLED_BACK])
async def test_the_outcome_is_unknown_if_the_read_fails_too(
    name: str, *, reach_vendor: bool
) -> None:
    writes = AlteredWrites(
        response=UNREADABLE["a page"], reach_vendor=reach_vendor, fail_reads=True
    )
    answer, _ = await run(name, writes)
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "UNKNOWN",
    )


@pytest.mark.parametrize("name", sorted(ROLLED_BACK))
async def test_a_move_that_cannot_be_verified_nor_rolled_back_is_incomplete(name: str) -> None:
    answer, _ = await run(name, AlteredWrites(response=UNREADABLE["a page"], fail_reads=True))
    codes = {error["code"] for error in answer["data"]["payload"]["userErrors"]}
    assert ("errors" in answer, codes) == (False, {"INCOMPLETE"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": "INTERNAL", "message": "no"}',
        b'{"success": false, "message": "no"}',
        b'{"error_code": "INTERNAL", "message": "no"}',
        b'{"success": "false"}',
        b'{"error": "no"}',
        b'{"errors": [{"message": "no"}]}',
    ],
)
@pytest.mark.parametrize("name", ["Dodo, update", "Axim, assign", "2Checkout, assign"])
async def test_an_error_with_a_status_of_success_is_no_success(name: str, body: bytes) -> None:
    writes = AlteredWrites(response=httpx.Response(200, content=body), reach_vendor=False)
    answer, calls = await run(name, writes)
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["outcome"]) == (
        "UPSTREAM_PROTOCOL",
        "UNKNOWN",
    )
    assert calls == []
