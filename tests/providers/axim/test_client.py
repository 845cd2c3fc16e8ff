"""The calls to Axim: where they go, which shapes they take, what their failures become."""

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
from groupgate.providers.axim.client import AximClient
from groupgate.request import request_scope
from groupgate.upstream.pagination import RawPage
from tests.providers.axim.conftest import Connect

pytestmark = pytest.mark.anyio

Ask = Callable[[AximClient], Any]

GROUP = {"id": "g1", "name": "Electronics"}
LISTED_GROUP = GROUP | {"products": [], "productCount": 0}
GROUP_PAGE = {"productGroup": GROUP, "products": [], "pagination": {"page": 1, "total": 0}}
GROUP_LIST = "/open-api/api/productGroup/all"


class Recorder(httpx.MockTransport):
    """Answers every request alike and writes down what came."""

    def __init__(self, status: int = 200, **answer: Any) -> None:
        self.requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(status, **answer)

        super().__init__(handle)

    @property
    def targets(self) -> list[str]:
        """Path with query of every request."""
        return [request.url.raw_path.decode() for request in self.requests]


def failing(error: Exception) -> httpx.MockTransport:
    """A vendor that is never reached."""

    def handle(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.MockTransport(handle)


async def refused(ask: Any) -> UpstreamError:
    """Return the failure that comes of this."""
    with pytest.raises(UpstreamError) as caught:
        await ask
    return caught.value


@pytest.mark.parametrize(
    ("ask", "data", "target"),
    [
        (
            lambda client: client.list_product_groups(1),
            [],
            f"{GROUP_LIST}?page=1&limit=50&productPage=1&productLimit=50",
        ),
        (
            lambda client: client.list_product_groups(3, 2),
            [],
            f"{GROUP_LIST}?page=3&limit=50&productPage=2&productLimit=50",
        ),
        (
            lambda client: client.list_product_groups(1, limit=1),
            [],
            f"{GROUP_LIST}?page=1&limit=1&productPage=1&productLimit=1",
        ),
        (
            lambda client: client.get_product_group("g1", 2),
            GROUP_PAGE,
            "/open-api/api/productGroup/g1?page=2&limit=50",
        ),
        (lambda client: client.list_products(4), [], "/open-api/api/products?page=4&limit=50"),
        (
            lambda client: client.list_products_by_id(["p1", "p 2"]),
            [],
            "/open-api/api/products?entityId=p1%2Cp%202&page=1&limit=50",
        ),
        (lambda client: client.get_product("p1"), {"id": "p1"}, "/open-api/api/products/p1"),
    ],
)
async def test_every_call_has_its_place(connect: Connect, ask: Ask, data: Any, target: str) -> None:
    transport = Recorder(json={"success": True, "data": data})
    await ask(connect(transport))
    assert transport.targets == [target]


async def test_the_token_is_sent_bare(connect: Connect) -> None:
    transport = Recorder(json={"success": True, "data": []})
    await connect(transport).list_products(1)
    (request,) = transport.requests
    assert request.method == "GET"
    assert request.headers["accesstoken"] == "axim-sandbox-token"
    assert request.headers["accept"] == "application/json"
    assert "authorization" not in request.headers


async def test_an_id_is_one_piece_of_the_path(connect: Connect) -> None:
    transport = Recorder(404)
    client = connect(transport)
    assert await client.get_product_group("a/../b?c#ö") is None
    assert await client.get_product("...") is None
    assert transport.targets == [
        "/open-api/api/productGroup/a%2F..%2Fb%3Fc%23%C3%B6?page=1&limit=50",
        "/open-api/api/products/...",
    ]


@pytest.mark.parametrize("native_id", ["", ".", ".."])
async def test_an_id_that_cannot_stand_in_a_path_is_not_there(
    connect: Connect, native_id: str
) -> None:
    transport = Recorder()
    client = connect(transport)
    assert await client.get_product_group(native_id) is None
    assert await client.get_product(native_id) is None
    assert transport.requests == []


@pytest.mark.parametrize("native_id", ["all", "ALL", "create"])
async def test_another_operation_is_not_read_as_a_group(connect: Connect, native_id: str) -> None:
    transport = Recorder()
    assert await connect(transport).get_product_group(native_id) is None
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
async def test_a_list_comes_with_a_total_or_without(
    connect: Connect, more: dict[str, Any], total: int | None
) -> None:
    client = connect(Recorder(json={"success": True, "data": [LISTED_GROUP], **more}))
    sheet = await client.list_product_groups(1)
    assert (len(sheet.rows), sheet.total) == (1, total)


async def test_products_may_come_without_a_word_on_success(connect: Connect) -> None:
    client = connect(Recorder(json={"data": []}))
    assert await client.list_products(1) == RawPage(rows=(), total=None)


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_of_an_id_say_that_it_is_not_there(connect: Connect, status: int) -> None:
    client = connect(Recorder(status, json={"success": False, "message": "secret words"}))
    assert await client.get_product_group("g1") is None
    assert await client.get_product("p1") is None
    assert await client.list_products_by_id(["p1"]) is None


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_of_a_list_are_failures(connect: Connect, status: int) -> None:
    client = connect(Recorder(status, json={"success": False, "message": "secret words"}))
    for ask in (client.list_product_groups(1), client.list_products(1)):
        failure = await refused(ask)
        assert isinstance(failure, Rejected)
        assert "secret words" not in failure.message


@pytest.mark.parametrize(
    ("status", "failure"),
    [(401, Denied), (403, Denied), (409, Rejected), (500, Unavailable), (503, Unavailable)],
)
async def test_other_statuses_are_failures_even_of_an_id(
    connect: Connect, status: int, failure: type[UpstreamError]
) -> None:
    client = connect(Recorder(status, html="<h1>Edge</h1>"))
    assert type(await refused(client.get_product_group("g1"))) is failure
    assert type(await refused(client.get_product("p1"))) is failure
    assert type(await refused(client.list_products_by_id(["p1"]))) is failure


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, None)])
async def test_429_tells_how_long_to_wait_if_the_vendor_does(
    connect: Connect, header: dict[str, str], seconds: float | None
) -> None:
    failure = await refused(connect(Recorder(429, headers=header)).list_product_groups(1))
    assert isinstance(failure, Throttled)
    assert failure.retry_after == seconds


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow"), httpx.RemoteProtocolError("reset")],
)
async def test_a_vendor_that_is_not_reached_is_unavailable(
    connect: Connect, error: Exception
) -> None:
    client = connect(failing(error))
    assert isinstance(await refused(client.list_product_groups(1)), Unavailable)
    assert client.status.state is ProviderState.DEGRADED


@pytest.mark.parametrize(
    ("ask", "body", "json_path"),
    [
        (lambda c: c.list_product_groups(1), "<html>", "$"),
        (lambda c: c.list_product_groups(1), "", "$"),
        (lambda c: c.list_product_groups(1), "[]", "$"),
        (lambda c: c.list_product_groups(1), '{"success": true}', "$.data"),
        (lambda c: c.list_product_groups(1), '{"success": true, "data": null}', "$.data"),
        (lambda c: c.list_product_groups(1), '{"success": true, "data": {}}', "$.data"),
        (lambda c: c.list_product_groups(1), '{"success": "yes", "data": []}', "$.success"),
        (
            lambda c: c.list_product_groups(1),
            '{"data": [{"id": "g", "name": 1}]}',
            "$.data[0].name",
        ),
        (
            lambda c: c.list_product_groups(1),
            '{"data": [{"id": "g", "name": "n"}]}',
            "$.data[0].products",
        ),
        (
            lambda c: c.list_product_groups(1),
            '{"data": [{"id": "g", "name": "n", "products": [{"id": "p", "price": {}}]}]}',
            "$.data[0].products[0].price",
        ),
        (
            lambda c: c.get_product_group("g"),
            '{"data": {"productGroup": {"name": "n"}, "products": []}}',
            "$.data.productGroup.id",
        ),
        (lambda c: c.get_product_group("g"), '{"data": []}', "$.data"),
        (
            lambda c: c.list_products(1),
            '{"data": [{"id": "p"}, {"id": "q", "shortDescription": 1}]}',
            "$.data[1].shortDescription",
        ),
        (lambda c: c.list_products_by_id(["p"]), '{"data": [{"_id": "p"}]}', "$.data[0].id"),
        (lambda c: c.get_product("p"), '{"data": {"id": 5}}', "$.data.id"),
    ],
)
async def test_an_answer_that_does_not_fit_names_the_place(
    connect: Connect, ask: Ask, body: str, json_path: str
) -> None:
    failure = await refused(ask(connect(Recorder(content=body.encode()))))
    assert isinstance(failure, Malformed)
    assert failure.json_path == json_path


@pytest.mark.parametrize("more", [{}, {"data": None}, {"data": []}, {"message": "secret words"}])
async def test_a_failure_with_status_200_is_no_answer(
    connect: Connect, more: dict[str, Any]
) -> None:
    client = connect(Recorder(json={"success": False, **more}))
    failure = await refused(client.list_product_groups(1))
    assert isinstance(failure, Malformed)
    assert failure.json_path == "$.success"
    assert failure.message == "It answered that it failed, with status 200."


async def test_the_same_read_is_sent_once_a_request(connect: Connect) -> None:
    transport = Recorder(json={"success": True, "data": []})
    client = connect(transport)
    with request_scope():
        assert not client.has_cached_product_groups(1)
        assert not client.has_cached_products(1)
        await client.list_product_groups(1)
        await client.list_product_groups(1)
        await client.list_products(1)
        assert client.has_cached_product_groups(1)
        assert client.has_cached_products(1)
        assert not client.has_cached_product_groups(2)
        client.forget()
        assert not client.has_cached_product_groups(1)
    assert len(transport.requests) == 2
