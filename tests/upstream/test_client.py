"""JsonClient: what it sends, what it returns and raises, and its memo of one request."""

import asyncio

import httpx
import pytest

from groupgate.decoding.json_body import NoBody
from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.refs import ProviderKey
from groupgate.request import request_scope
from groupgate.upstream.client import JsonClient
from groupgate.upstream.transport import is_addressable, segment
from tests.upstream.stub_vendor import Item, StubVendor, ok

pytestmark = pytest.mark.anyio


async def test_equal_gets_of_one_request_are_one_call() -> None:
    """Two at the same time, and one later."""
    vendor = StubVendor(ok())
    client = vendor.client
    with request_scope() as scope:
        both = await asyncio.gather(client.get("/a", Item), client.get("/a", Item))
        later = await client.get("/a", Item)
    assert [item.name for item in (*both, later)] == ["x", "x", "x"]
    assert [str(request.url) for request in vendor.requests] == ["http://vendor/base/a"]
    assert [(call.method, call.path, call.status) for call in scope.calls] == [("GET", "/a", 200)]


async def test_two_requests_do_not_share_the_memo() -> None:
    vendor = StubVendor(ok())
    client = vendor.client
    for _ in range(2):
        with request_scope():
            await client.get("/a", Item)
    assert len(vendor.requests) == 2


async def test_gets_with_different_parameters_are_different_calls() -> None:
    """The query is percent-encoded."""
    vendor = StubVendor(ok())
    client = vendor.client
    with request_scope():
        await client.get("/a", Item, [("name", "R&D + QA / 50%")])
        await client.get("/a", Item, [("name", "x")])
    assert [request.url.raw_path for request in vendor.requests] == [
        b"/base/a?name=R%26D%20%2B%20QA%20%2F%2050%25",
        b"/base/a?name=x",
    ]


DIFFERS = "Dodo Payments returned JSON that differs from its documentation at $.name."


@pytest.mark.parametrize(
    "native_id", ["a/b", "50% off", "a+b", "é", "a?b#c", "..%2f", "%2e%2e", "\\"]
)
async def test_an_id_is_sent_as_one_path_segment(native_id: str) -> None:
    vendor = StubVendor(ok())
    with request_scope():
        await vendor.client.get(f"/a/{segment(native_id)}/b/", Item)
    segments = vendor.requests[0].url.raw_path.split(b"/")
    assert segments == [b"", b"base", b"a", segment(native_id).encode(), b"b", b""]


@pytest.mark.parametrize("native_id", ["", ".", ".."])
async def test_an_empty_id_and_dot_segments_are_not_addressable(native_id: str) -> None:
    assert not is_addressable(native_id)


@pytest.mark.parametrize(
    ("response", "error", "message"),
    [
        (httpx.ConnectError("x"), Unreachable, "Dodo Payments could not be reached."),
        (httpx.ConnectTimeout("x"), Unreachable, "Dodo Payments could not be reached."),
        (httpx.ReadTimeout("x"), Unavailable, "Dodo Payments did not respond in time."),
        (httpx.RemoteProtocolError("x"), Unavailable, "The connection to Dodo Payments broke."),
        (httpx.Response(500, text="<html>"), Unavailable, "Dodo Payments returned status 500."),
        (httpx.Response(401), Denied, "Dodo Payments does not accept the gateway's credentials."),
        (httpx.Response(403), Denied, "Dodo Payments does not accept the gateway's credentials."),
        (httpx.Response(429), Throttled, "Dodo Payments returned 429 Too Many Requests."),
        (
            httpx.Response(404),
            Rejected,
            "Dodo Payments rejected a call of the gateway with status 404.",
        ),
        (
            httpx.Response(302),
            Rejected,
            "Dodo Payments rejected a call of the gateway with status 302.",
        ),
        (ok(b"<html>"), Malformed, "Dodo Payments returned invalid JSON."),
        (ok(b'{"name":NaN}'), Malformed, DIFFERS),
        (ok(b'{"name":[]}'), Malformed, DIFFERS),
        (ok(b"{}"), Malformed, DIFFERS),
    ],
)
async def test_each_failure_raises_its_own_error_without_the_response_body(
    response: httpx.Response | Exception, error: type[UpstreamError], message: str
) -> None:
    with request_scope(), pytest.raises(error) as caught:
        await StubVendor(response).client.get("/a", Item)
    assert type(caught.value) is error
    assert caught.value.message == message
    assert caught.value.outcome is None


async def test_a_get_after_a_write_of_the_same_request_is_sent_again() -> None:
    vendor = StubVendor(ok(b'{"name":"old"}'), ok(b""), ok(b'{"name":"new"}'))
    client = vendor.client
    with request_scope():
        before = await client.get("/a", Item)
        await client.write("PATCH", "/a", NoBody, {"name": "new", "note": None})
        after = await client.get("/a", Item)
    assert (before.name, after.name) == ("old", "new")
    sent = vendor.requests[1]
    assert (sent.method, sent.content) == ("PATCH", b'{"name":"new","note":null}')
    assert sent.headers["content-type"] == "application/json"


async def test_a_write_without_a_body_sends_no_content_type() -> None:
    vendor = StubVendor(ok(b"true"))
    with request_scope():
        assert await vendor.client.write("DELETE", "/a", bool) is True
    assert vendor.requests[0].content == b""
    assert "content-type" not in vendor.requests[0].headers


@pytest.mark.parametrize(
    ("response", "tries", "outcome"),
    [
        (httpx.ConnectError("x"), 3, WriteOutcome.NOT_APPLIED),
        (httpx.Response(429), 3, WriteOutcome.NOT_APPLIED),
        (httpx.Response(429, headers={"Retry-After": "60"}), 1, WriteOutcome.NOT_APPLIED),
        (httpx.Response(401), 1, WriteOutcome.NOT_APPLIED),
        (httpx.Response(404), 1, WriteOutcome.NOT_APPLIED),
        (httpx.Response(503), 1, WriteOutcome.UNKNOWN),
        (httpx.ReadTimeout("x"), 1, WriteOutcome.UNKNOWN),
        (httpx.ReadError("x"), 1, WriteOutcome.UNKNOWN),
        (ok(b"<html>"), 1, WriteOutcome.UNKNOWN),
    ],
)
async def test_a_write_is_retried_only_if_it_cannot_have_been_applied(
    response: httpx.Response | Exception, tries: int, outcome: WriteOutcome
) -> None:
    vendor = StubVendor(response)
    with request_scope(), pytest.raises(UpstreamError) as caught:
        await vendor.client.write("POST", "/a", Item, {})
    assert (len(vendor.requests), caught.value.outcome) == (tries, outcome)


async def test_authentication_headers_are_made_for_each_call() -> None:
    made: list[int] = []

    def authenticate() -> dict[str, str]:
        made.append(len(made))
        return {"X-Key": str(len(made))}

    vendor = StubVendor(ok())
    transport = httpx.MockTransport(vendor.handle)
    client = JsonClient(ProviderKey.DODO, transport, "http://vendor", authenticate)
    with request_scope():
        await client.get("/a", Item)
        await client.get("/b", Item)
    assert [request.headers["x-key"] for request in vendor.requests] == ["1", "2"]


async def test_by_default_at_most_sixteen_calls_run_at_the_same_time() -> None:
    running, most = 0, 0

    async def handle(_request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return ok()

    transport = httpx.MockTransport(handle)
    client = JsonClient(ProviderKey.DODO, transport, "http://vendor", dict)
    with request_scope():
        await asyncio.gather(*(client.get(f"/{number}", Item) for number in range(50)))
    assert most == 16
