"""The door out: what is sent, what comes back, what is remembered, what is said of a failure."""

import asyncio

import httpx
import pytest

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
from groupgate.upstream.client import JsonClient, is_addressable, segment
from groupgate.upstream.json_body import NoBody
from tests.upstream.vendor import Shape, Vendor, ok

pytestmark = pytest.mark.anyio


async def test_a_get_is_sent_once_a_request_however_often_it_is_asked() -> None:
    """Equal GETs share one call, at the same time and later."""
    vendor = Vendor(ok())
    client = vendor.client
    with request_scope() as scope:
        both = await asyncio.gather(client.get("/a", Shape), client.get("/a", Shape))
        again = await client.get("/a", Shape)
    assert [one.name for one in (*both, again)] == ["x", "x", "x"]
    assert [str(request.url) for request in vendor.requests] == ["http://vendor/base/a"]
    assert [(call.method, call.path, call.status) for call in scope.calls] == [("GET", "/a", 200)]


async def test_requests_do_not_share_what_they_remember() -> None:
    """Another request asks again."""
    vendor = Vendor(ok())
    client = vendor.client
    for _ in range(2):
        with request_scope():
            await client.get("/a", Shape)
    assert len(vendor.requests) == 2


async def test_other_parameters_are_another_call() -> None:
    """The query is a part of what is remembered, and is percent-encoded."""
    vendor = Vendor(ok())
    client = vendor.client
    with request_scope():
        await client.get("/a", Shape, [("name", "R&D + QA / 50%")])
        await client.get("/a", Shape, [("name", "x")])
    assert [request.url.raw_path for request in vendor.requests] == [
        b"/base/a?name=R%26D%20%2B%20QA%20%2F%2050%25",
        b"/base/a?name=x",
    ]


DIFFERS = "Dodo Payments returned JSON that differs from its documentation at $.name."


@pytest.mark.parametrize(
    "native_id", ["a/b", "50% off", "a+b", "é", "a?b#c", "..%2f", "%2e%2e", "\\"]
)
async def test_no_id_changes_which_path_is_asked_for(native_id: str) -> None:
    """An id arrives as one piece of the path, exactly as it was."""
    vendor = Vendor(ok())
    with request_scope():
        await vendor.client.get(f"/a/{segment(native_id)}/b/", Shape)
    pieces = vendor.requests[0].url.raw_path.split(b"/")
    assert pieces == [b"", b"base", b"a", segment(native_id).encode(), b"b", b""]


@pytest.mark.parametrize("native_id", ["", ".", ".."])
async def test_ids_that_would_be_a_way_up_cannot_be_asked_for(native_id: str) -> None:
    """Dots alone have a meaning of their own in a path."""
    assert not is_addressable(native_id)


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
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
        (ok(b'{"name":NaN}'), Malformed, "Dodo Payments returned invalid JSON."),
        (
            ok(b'{"name":1}'),
            Malformed,
            DIFFERS,
        ),
        (
            ok(b"{}"),
            Malformed,
            DIFFERS,
        ),
    ],
)
async def test_failures_have_a_kind_and_say_nothing_of_the_body(
    answer: httpx.Response | Exception, kind: type[UpstreamError], message: str
) -> None:
    """Each failure is its own kind of error, with a message that holds no secret."""
    with request_scope(), pytest.raises(kind) as caught:
        await Vendor(answer).client.get("/a", Shape)
    assert type(caught.value) is kind
    assert caught.value.message == message
    assert caught.value.outcome is None


async def test_a_write_makes_the_next_read_fresh() -> None:
    """What was remembered before a write is asked for again after it."""
    vendor = Vendor(ok(b'{"name":"old"}'), ok(b""), ok(b'{"name":"new"}'))
    client = vendor.client
    with request_scope():
        before = await client.get("/a", Shape)
        await client.write("PATCH", "/a", NoBody, {"name": "new", "note": None})
        after = await client.get("/a", Shape)
    assert (before.name, after.name) == ("old", "new")
    sent = vendor.requests[1]
    assert (sent.method, sent.content) == ("PATCH", b'{"name":"new","note":null}')
    assert sent.headers["content-type"] == "application/json"


async def test_a_write_without_a_body_sends_none() -> None:
    """None as body is no body."""
    vendor = Vendor(ok(b"true"))
    with request_scope():
        assert await vendor.client.write("DELETE", "/a", bool) is True
    assert vendor.requests[0].content == b""
    assert "content-type" not in vendor.requests[0].headers


@pytest.mark.parametrize(
    ("answer", "times", "outcome"),
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
async def test_writes_are_repeated_only_where_they_cannot_have_arrived(
    answer: httpx.Response | Exception, times: int, outcome: WriteOutcome
) -> None:
    """A refused connection and a 429 are tried three times, all else once."""
    vendor = Vendor(answer)
    with request_scope(), pytest.raises(UpstreamError) as caught:
        await vendor.client.write("POST", "/a", Shape, {})
    assert (len(vendor.requests), caught.value.outcome) == (times, outcome)


async def test_every_call_is_authenticated_afresh() -> None:
    """The headers are made for each call."""
    made: list[int] = []

    def authenticate() -> dict[str, str]:
        made.append(len(made))
        return {"X-Key": str(len(made))}

    vendor = Vendor(ok())
    http = httpx.AsyncClient(transport=httpx.MockTransport(vendor.handle))
    client = JsonClient(ProviderKey.DODO, http, "http://vendor", authenticate)
    with request_scope():
        await client.get("/a", Shape)
        await client.get("/b", Shape)
    assert [request.headers["x-key"] for request in vendor.requests] == ["1", "2"]


async def test_no_more_than_sixteen_calls_are_under_way_at_once() -> None:
    """A wide query does not fall upon a vendor with all its calls."""
    under_way, most = 0, 0

    async def handle(_request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        under_way -= 1
        return ok()

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    client = JsonClient(ProviderKey.DODO, http, "http://vendor", dict)
    with request_scope():
        await asyncio.gather(*(client.get(f"/{number}", Shape) for number in range(50)))
    assert most == 16
