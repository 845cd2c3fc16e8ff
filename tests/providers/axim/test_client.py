"""Axim's calls: their paths, the accepted shapes and the errors."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
)
from groupgate.domain.provider import ProviderState
from groupgate.providers.axim.client import FIRST_PAGE, AximClient, ListPage
from groupgate.request import request_scope
from groupgate.upstream.pagination import RawPage
from tests.providers.axim.conftest import ConnectClient
from tests.providers.reads import Recorder

pytestmark = pytest.mark.anyio

Read = Callable[[AximClient], Any]

GROUP = {"id": "g1", "name": "Electronics"}
LISTED_GROUP = GROUP | {"products": [], "productCount": 0}
GROUP_PAGE = {"productGroup": GROUP, "products": [], "pagination": {"page": 1, "total": 0}}
GROUP_LIST = "/open-api/api/productGroup/all"


def failing(error: Exception) -> httpx.MockTransport:
    """Return a transport that raises this error."""

    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


async def error_of(call: Any) -> UpstreamError:
    """Return the error that a call raises."""
    with pytest.raises(UpstreamError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize(
    ("read", "data", "target"),
    [
        (
            lambda client: client.list_product_groups(FIRST_PAGE),
            [],
            f"{GROUP_LIST}?page=1&limit=50&productPage=1&productLimit=50",
        ),
        (
            lambda client: client.list_product_groups(ListPage(3), ListPage(2)),
            [],
            f"{GROUP_LIST}?page=3&limit=50&productPage=2&productLimit=50",
        ),
        (
            lambda client: client.list_product_groups(ListPage(1, 1), ListPage(1, 1)),
            [],
            f"{GROUP_LIST}?page=1&limit=1&productPage=1&productLimit=1",
        ),
        (
            lambda client: client.get_product_group("g1", ListPage(2)),
            GROUP_PAGE,
            "/open-api/api/productGroup/g1?page=2&limit=50",
        ),
        (
            lambda client: client.list_products(ListPage(4)),
            [],
            "/open-api/api/products?page=4&limit=50",
        ),
        (
            lambda client: client.list_products_by_id(["p1", "p 2"]),
            [],
            "/open-api/api/products?entityId=p1%2Cp%202&page=1&limit=50",
        ),
        (lambda client: client.get_product("p1"), {"id": "p1"}, "/open-api/api/products/p1"),
    ],
)
async def test_each_call_has_the_documented_path(
    connect_client: ConnectClient, read: Read, data: Any, target: str
) -> None:
    transport = Recorder(json={"success": True, "data": data})
    await read(connect_client(transport))
    assert transport.targets == [target]


async def test_the_token_is_sent_without_a_scheme(connect_client: ConnectClient) -> None:
    transport = Recorder(json={"success": True, "data": []})
    await connect_client(transport).list_products(FIRST_PAGE)
    (request,) = transport.requests
    assert request.method == "GET"
    assert request.headers["accesstoken"] == "axim-sandbox-token"
    assert request.headers["accept"] == "application/json"
    assert "authorization" not in request.headers


async def test_an_id_is_one_segment_of_the_path(connect_client: ConnectClient) -> None:
    transport = Recorder(404)
    client = connect_client(transport)
    assert await client.get_product_group("a/../b?c#ö") is None
    assert await client.get_product("...") is None
    assert transport.targets == [
        "/open-api/api/productGroup/a%2F..%2Fb%3Fc%23%C3%B6?page=1&limit=50",
        "/open-api/api/products/...",
    ]


@pytest.mark.parametrize("native_id", ["", ".", ".."])
async def test_an_id_that_no_path_can_contain_is_not_found_without_a_call(
    connect_client: ConnectClient, native_id: str
) -> None:
    transport = Recorder()
    client = connect_client(transport)
    assert await client.get_product_group(native_id) is None
    assert await client.get_product(native_id) is None
    assert transport.requests == []


@pytest.mark.parametrize("native_id", ["all", "ALL", "create"])
async def test_the_name_of_another_operation_is_not_read_as_a_group(
    connect_client: ConnectClient, native_id: str
) -> None:
    transport = Recorder()
    assert await connect_client(transport).get_product_group(native_id) is None
    assert transport.requests == []


@pytest.mark.parametrize(
    ("more", "total"),
    [
        ({"pagination": {"page": 1, "limit": 50, "total": 7, "totalPages": 1}}, 7),
        ({"pagination": {"page": 1}}, None),
        ({"pagination": {}}, None),
        ({"pagination": None}, None),
        ({"message": "ok"}, None),
    ],
)
async def test_a_list_may_have_a_total(
    connect_client: ConnectClient, more: dict[str, Any], total: int | None
) -> None:
    client = connect_client(Recorder(json={"success": True, "data": [LISTED_GROUP], **more}))
    page = await client.list_product_groups(FIRST_PAGE)
    assert (len(page.rows), page.total) == (1, total)


async def test_the_field_success_is_optional(connect_client: ConnectClient) -> None:
    client = connect_client(Recorder(json={"data": []}))
    assert await client.list_products(FIRST_PAGE) == RawPage(rows=(), total=None)


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_for_an_id_mean_not_found(
    connect_client: ConnectClient, status: int
) -> None:
    client = connect_client(Recorder(status, json={"success": False, "message": "secret words"}))
    assert await client.get_product_group("g1") is None
    assert await client.get_product("p1") is None
    assert await client.list_products_by_id(["p1"]) is None


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_for_a_list_are_errors(
    connect_client: ConnectClient, status: int
) -> None:
    client = connect_client(Recorder(status, json={"success": False, "message": "secret words"}))
    for call in (client.list_product_groups(FIRST_PAGE), client.list_products(FIRST_PAGE)):
        failure = await error_of(call)
        assert isinstance(failure, Rejected)
        assert "secret words" not in failure.message


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, Denied), (403, Denied), (409, Rejected), (500, Unavailable), (503, Unavailable)],
)
async def test_other_statuses_for_an_id_are_errors(
    connect_client: ConnectClient, status: int, failure: type[UpstreamError]
) -> None:
    client = connect_client(Recorder(status, html="<h1>Edge</h1>"))
    assert type(await error_of(client.get_product_group("g1"))) is failure
    assert type(await error_of(client.get_product("p1"))) is failure
    assert type(await error_of(client.list_products_by_id(["p1"]))) is failure


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, None)])
async def test_429_has_the_time_to_wait_if_the_vendor_sends_it(
    connect_client: ConnectClient, header: dict[str, str], seconds: float | None
) -> None:
    failure = await error_of(
        connect_client(Recorder(429, headers=header)).list_product_groups(FIRST_PAGE)
    )
    assert isinstance(failure, Throttled)
    assert failure.retry_after == seconds


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow"), httpx.RemoteProtocolError("reset")],
)
async def test_a_vendor_that_cannot_be_reached_is_unavailable(
    connect_client: ConnectClient, error: Exception
) -> None:
    client = connect_client(failing(error))
    assert isinstance(await error_of(client.list_product_groups(FIRST_PAGE)), Unavailable)
    assert client.status.state is ProviderState.DEGRADED


@pytest.mark.parametrize(
    ("read", "body", "json_path"),
    [
        (lambda c: c.list_product_groups(FIRST_PAGE), "<html>", "$"),
        (lambda c: c.list_product_groups(FIRST_PAGE), "", "$"),
        (lambda c: c.list_product_groups(FIRST_PAGE), "[]", "$"),
        (lambda c: c.list_product_groups(FIRST_PAGE), '{"success": true}', "$.data"),
        (lambda c: c.list_product_groups(FIRST_PAGE), '{"success": true, "data": "x"}', "$.data"),
        (lambda c: c.get_product_group("g"), '{"success": true, "data": null}', "$.data"),
        (
            lambda c: c.list_product_groups(FIRST_PAGE),
            '{"success": "yes", "data": []}',
            "$.success",
        ),
        (
            lambda c: c.get_product_group("g"),
            '{"data": {"productGroup": {"name": "n"}, "products": []}}',
            "$.data.productGroup.id",
        ),
        (lambda c: c.get_product_group("g"), '{"data": []}', "$.data"),
        (lambda c: c.get_product("p"), '{"data": {"_id": "p"}}', "$.data.id"),
    ],
)
async def test_a_malformed_response_has_the_json_path_of_the_error(
    connect_client: ConnectClient, read: Read, body: str, json_path: str
) -> None:
    failure = await error_of(read(connect_client(Recorder(content=body.encode()))))
    assert isinstance(failure, Malformed)
    assert failure.json_path == json_path


@pytest.mark.parametrize("more", [{}, {"data": None}, {"data": []}, {"message": "secret words"}])
async def test_a_failure_with_status_200_is_malformed(
    connect_client: ConnectClient, more: dict[str, Any]
) -> None:
    client = connect_client(Recorder(json={"success": False, **more}))
    failure = await error_of(client.list_product_groups(FIRST_PAGE))
    assert isinstance(failure, Malformed)
    assert failure.json_path == "$.success"
    assert failure.message == "Axim Commerce reported a failure with status 200."


async def test_the_same_read_is_sent_once_per_request(connect_client: ConnectClient) -> None:
    transport = Recorder(json={"success": True, "data": []})
    client = connect_client(transport)
    with request_scope():
        assert not client.has_cached_product_groups(FIRST_PAGE)
        assert not client.has_cached_products(FIRST_PAGE)
        await client.list_product_groups(FIRST_PAGE)
        await client.list_product_groups(FIRST_PAGE)
        await client.list_products(FIRST_PAGE)
        assert client.has_cached_product_groups(FIRST_PAGE)
        assert client.has_cached_products(FIRST_PAGE)
        assert not client.has_cached_product_groups(ListPage(2))
        client.forget()
        assert not client.has_cached_product_groups(FIRST_PAGE)
    assert len(transport.requests) == 2
