"""Reports of values that cannot be decoded, in the request's scope and in the log."""

import asyncio
from typing import Final

import httpx
import msgspec
import pytest
from structlog.testing import capture_logs

from groupgate.domain.errors import Unavailable
from groupgate.domain.refs import ProviderKey
from groupgate.request import RequestScope, request_scope, set_response_path
from groupgate.upstream.results import serving_stale
from tests.upstream.stub_vendor import CACHE_POLICY, Delayed, StubVendor, http_status, ok

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO

ODD: Final = b'{"rows":[{"id":1,"size":2},{"id":2,"size":"secret"},null,{"id":[]}]}'
"""Two rows, one of them without its size; two more rows are left out."""

SIZE, ROW = ("$.rows[].size", 1), ("$.rows[]", 2)

Reported = list[tuple[tuple[str | int, ...], str, int]]


class Row(msgspec.Struct, frozen=True):
    """A row of the stub vendor's list."""

    id: str
    size: int | None = None


class Rows(msgspec.Struct, frozen=True):
    """The stub vendor's list."""

    rows: tuple[Row, ...]


def odd(**headers: str) -> httpx.Response:
    """Return the response with odd rows."""
    return ok(ODD, **headers)


def reported(scope: RequestScope) -> Reported:
    """Return path, JSON path and count of each place, in order."""
    assert {place.provider for place in scope.unreadable} <= {DODO}
    return [(place.path, place.json_path, count) for place, count in scope.unreadable.items()]


def both(*path: str | int) -> Reported:
    """Return the report of one read for this field."""
    return [(path, *SIZE), (path, *ROW)]


async def read_rows(vendor: StubVendor, *path: str | int) -> tuple[list[str], RequestScope]:
    """Read the list in a new request, for this field; return the rows' ids, and the scope."""
    with request_scope(deadline=10) as scope:
        set_response_path(lambda: path)
        found = await vendor.client.get("/rows", Rows)
        return [row.id for row in found.rows], scope


async def test_a_read_is_reported_for_the_field_that_needs_it() -> None:
    ids, scope = await read_rows(StubVendor(odd()), "provider", "products")
    assert ids == ["1", "2"]
    assert reported(scope) == both("provider", "products")
    assert scope.left_out_rows(DODO) == 2


async def test_a_read_without_odd_values_is_not_reported() -> None:
    ids, scope = await read_rows(StubVendor(ok(b'{"rows":[{"id":"a","size":1}]}')), "field")
    assert (ids, reported(scope), scope.left_out_rows(DODO)) == (["a"], [], 0)


async def test_equivalent_values_are_not_reported() -> None:
    ids, scope = await read_rows(StubVendor(ok(b'{"rows":{"0":{"id":1,"size":"1"}}}')), "field")
    assert (ids, reported(scope)) == (["1"], [])


async def test_a_read_that_two_fields_need_is_reported_for_the_first() -> None:
    vendor = StubVendor(odd())

    async def read_for(name: str) -> None:
        set_response_path(lambda: [name])
        await vendor.client.get("/rows", Rows)

    with request_scope() as scope:
        await asyncio.gather(read_for("first"), read_for("second"))
        await read_for("third")
    assert (reported(scope), len(vendor.requests)) == (both("first"), 1)


async def test_two_reads_are_reported_each() -> None:
    vendor = StubVendor(odd())
    with request_scope() as scope:
        set_response_path(lambda: ["a"])
        await vendor.client.get("/rows", Rows)
        await vendor.client.get("/more", Rows)
        set_response_path(lambda: ["b"])
        vendor.client.invalidate()
        await vendor.client.get("/rows", Rows)
    assert reported(scope) == [
        (("a",), "$.rows[].size", 2),
        (("a",), "$.rows[]", 4),
        *both("b"),
    ]


async def test_a_cached_response_is_reported_by_each_request_that_uses_it() -> None:
    vendor = StubVendor(odd(), policy=CACHE_POLICY)
    scopes = [(await read_rows(vendor, name))[1] for name in ("a", "b")]
    assert [reported(scope) for scope in scopes] == [both("a"), both("b")]
    assert len(vendor.requests) == 1


async def test_a_shared_read_is_reported_by_each_request_that_waits_for_it() -> None:
    vendor = StubVendor(Delayed(1, odd()), policy=CACHE_POLICY)
    reads = await asyncio.gather(read_rows(vendor, "a"), read_rows(vendor, "b"))
    assert [reported(scope) for _, scope in reads] == [both("a"), both("b")]
    assert len(vendor.requests) == 1


async def test_a_stale_response_is_reported_once() -> None:
    vendor = StubVendor(odd(), http_status(503, Retry_After="60"), policy=CACHE_POLICY)
    await read_rows(vendor, "a")
    await asyncio.sleep(6)
    ids, scope = await read_rows(vendor, "b")
    assert (ids, reported(scope), len(scope.stale)) == (["1", "2"], both("b"), 1)


async def test_a_stale_list_in_place_of_a_failure_is_reported() -> None:
    vendor = StubVendor(odd(), policy=CACHE_POLICY)
    await read_rows(vendor, "a")
    with request_scope() as scope:
        with serving_stale(Unavailable(DODO, "The vendor failed.")) as fallback:
            await vendor.client.get("/rows", Rows)
            await vendor.client.get("/rows", Rows)
        assert reported(scope) == []
        fallback.report(scope)
    assert reported(scope) == both()


async def test_each_path_is_logged_once_a_minute_without_its_value() -> None:
    vendor = StubVendor(odd())
    with capture_logs() as lines:
        for pause in (0, 30, 29.9, 0.1):
            await asyncio.sleep(pause)
            await read_rows(vendor)
    line = {"event": "unreadable_values", "provider": "DODO", "log_level": "warning"}
    first = [
        {**line, "json_path": "$.rows[].size", "count": 1},
        {**line, "json_path": "$.rows[]", "count": 2},
    ]
    assert [each for each in lines if each["log_level"] == "warning"] == first * 2


async def test_paths_are_logged_apart_from_each_other() -> None:
    vendor = StubVendor(odd(), ok(b'{"rows":[{"id":1,"size":""},{"id":[]}]}'), ok(b'{"rows":[0]}'))
    with capture_logs() as lines:
        await read_rows(vendor)
        await asyncio.sleep(60)
        for _ in range(2):
            await read_rows(vendor)
    counts = [(line["json_path"], line["count"]) for line in lines if "json_path" in line]
    assert counts == [SIZE, ROW, ("$.rows[].size", 1), ("$.rows[]", 1)]


async def test_a_cached_response_is_not_logged_again() -> None:
    vendor = StubVendor(odd(), policy=CACHE_POLICY)
    await read_rows(vendor)
    with capture_logs() as lines:
        await asyncio.sleep(1)
        await read_rows(vendor)
    assert [line for line in lines if line["log_level"] == "warning"] == []


async def test_the_response_to_a_write_may_have_odd_values() -> None:
    vendor = StubVendor(ok(b'{"rows":[{"id":1,"size":"secret"}]}'))
    with request_scope() as scope:
        set_response_path(lambda: ["groupUpdate"])
        found = await vendor.client.write("POST", "/rows", Rows)
    assert found == Rows(rows=(Row(id="1"),))
    assert reported(scope) == [(("groupUpdate",), *SIZE)]


async def test_rows_left_out_of_the_response_to_a_write_are_logged_and_the_result_is_none() -> None:
    """The write was applied, and the caller reads what it needs."""
    with request_scope() as scope, capture_logs() as logs:
        assert await StubVendor(odd()).client.write("POST", "/rows", Rows) is None
    assert reported(scope) == []
    assert [line["json_path"] for line in logs if line["event"] == "unreadable_values"] == [
        "$.rows[].size",
        "$.rows[]",
    ]
