"""Dodo's calls: their paths, the accepted shapes and the errors."""

from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest
from pydantic import SecretStr

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
)
from groupgate.domain.refs import ProviderKey
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.settings import Settings
from groupgate.request import request_scope
from tests.providers.dodo import records

pytestmark = pytest.mark.anyio

Handler = Callable[[httpx.Request], httpx.Response]


def client_of(handler: Handler, base_url: str = "http://dodo.test") -> DodoClient:
    """Return a client whose vendor has this handler."""
    settings = Settings(api_key=SecretStr("sk_test"), base_url=base_url)
    return DodoClient(settings, httpx.MockTransport(handler))


def responding(body: object, status: int = 200, **headers: str) -> DodoClient:
    """Return a client whose vendor always sends this response."""
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return client_of(lambda _request: httpx.Response(status, content=content, headers=headers))


@pytest.mark.parametrize(
    ("call", "target"),
    [
        (
            lambda client: client.list_product_collections(0),
            "/product-collections?page_number=0&page_size=100",
        ),
        (
            lambda client: client.list_product_collections(2, archived=True),
            "/product-collections?page_number=2&page_size=100&archived=true",
        ),
        (
            lambda client: client.list_product_collections(0, page_size=1),
            "/product-collections?page_number=0&page_size=1",
        ),
        (lambda client: client.list_products(1), "/products?page_number=1&page_size=100"),
        (
            lambda client: client.list_products(0, archived=True),
            "/products?page_number=0&page_size=100&archived=true",
        ),
    ],
)
async def test_lists_are_read_by_page(call: Callable[[DodoClient], Any], target: str) -> None:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"items": []})

    assert (await call(client_of(handle))).rows == ()
    (request,) = seen
    assert (request.method, request.url.raw_path.decode()) == ("GET", target)
    assert request.headers["Authorization"] == "Bearer sk_test"
    assert request.headers["Accept"] == "application/json"


@pytest.mark.parametrize(
    ("base_url", "native_id", "target"),
    [
        ("http://dodo.test", "pdt_1", "/products/pdt_1"),
        ("http://dodo.test/v1/", "pdt_1", "/v1/products/pdt_1"),
        ("http://dodo.test", "a/b c?d=1#é", "/products/a%2Fb%20c%3Fd%3D1%23%C3%A9"),
        ("http://dodo.test", "%2e%2e", "/products/%252e%252e"),
        ("http://dodo.test", "...", "/products/..."),
    ],
)
async def test_an_id_is_one_segment_of_the_path(base_url: str, native_id: str, target: str) -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(200, json=records.product(native_id))

    found = await client_of(handle, base_url).get_product(native_id)
    assert found is not None
    assert found.product_id == native_id
    assert seen == [target]


@pytest.mark.parametrize("native_id", ["", ".", ".."])
async def test_an_id_that_no_path_can_contain_is_not_found_without_a_call(native_id: str) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    client = client_of(handle)
    assert await client.get_product(native_id) is None
    assert await client.get_product_collection(native_id) is None


@pytest.mark.parametrize(
    ("status", "code"), [(404, "NOT_FOUND"), (410, "PRODUCT_COLLECTION_IS_DELETED")]
)
async def test_404_and_410_for_an_id_mean_not_found(status: int, code: str) -> None:
    client = responding({"code": code, "message": ""}, status)
    assert await client.get_product("pdt_1") is None
    assert await client.get_product_collection("pdc_1") is None


async def test_404_for_a_list_is_an_error() -> None:
    with pytest.raises(Rejected) as caught:
        await responding({"code": "NOT_FOUND", "message": ""}, 404).list_products(0)
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, Denied),
        (403, Denied),
        (408, Unavailable),
        (409, Rejected),
        (422, Rejected),
        (429, Throttled),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_each_status_has_its_error(status: int, kind: type[UpstreamError]) -> None:
    client = responding({"code": "SOMETHING", "message": "sk_test is no good"}, status)
    for call in (client.get_product("pdt_1"), client.list_product_collections(0)):
        with pytest.raises(UpstreamError) as caught:
            await call
        assert type(caught.value) is kind
        assert caught.value.provider is ProviderKey.DODO
        assert "sk_test" not in caught.value.message


async def test_429_has_the_time_to_wait() -> None:
    with pytest.raises(Throttled) as caught:
        await responding({"code": "TOO_MANY_REQUESTS"}, 429, **{"Retry-After": "7"}).list_products(
            0
        )
    assert caught.value.retry_after == 7


async def test_429_without_retry_after_has_no_time_to_wait() -> None:
    with pytest.raises(Throttled) as caught:
        await responding({"code": "TOO_MANY_REQUESTS"}, 429).list_products(0)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    "failure", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError]
)
async def test_a_transport_error_is_unavailable(failure: type[httpx.TransportError]) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise failure("no luck with sk_test", request=request)

    with pytest.raises(Unavailable) as caught:
        await client_of(handle).get_product_collection("pdc_1")
    assert "sk_test" not in caught.value.message


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", "$"),
        (b"<html>", "$"),
        (b'"', "$"),
        ([], "$"),
        (records.listed_collection("pdc_1"), "$.groups"),
        ({**records.collection("pdc_1"), "name": None}, "$.name"),
        ({**records.collection("pdc_1"), "groups": "none"}, "$.groups"),
        ({**records.collection("pdc_1"), "groups": {"g1": {}}}, "$.groups"),
    ],
)
async def test_a_malformed_response_has_the_json_path_of_the_error(body: object, path: str) -> None:
    with pytest.raises(Malformed) as caught:
        await responding(body).get_product_collection("pdc_1")
    assert caught.value.json_path == path


async def test_unknown_fields_are_ignored() -> None:
    body = records.collection("pdc_1", brand_id="bus_1", on_payment_failure=None, new={"a": [1]})
    found = await responding(body).get_product_collection("pdc_1")
    assert found is not None
    assert found.groups == ()


async def test_an_unknown_kind_of_price_is_decoded() -> None:
    price = {"type": "auction_price", "currency": "USD", "bids": [1, 2]}
    found = await responding(records.product("pdt_1", price=price)).get_product("pdt_1")
    assert found is not None
    assert found.price == wire.Price(type="auction_price", currency="USD")


async def test_a_collection_is_decoded_with_groups_and_rows() -> None:
    row = records.item("pdt_1", id="row-1", name="Starter", price_detail=records.one_time(900))
    body = records.collection("pdc_1", records.group("g1", row, group_name="Monthly"))
    found = await responding(body).get_product_collection("pdc_1")
    assert found is not None
    (group,) = found.groups
    assert (group.group_id, group.group_name, group.status) == ("g1", "Monthly", True)
    (product,) = group.products
    assert (product.id, product.product_id, product.name) == ("row-1", "pdt_1", "Starter")
    assert product.price_detail is not None
    assert product.price_detail.price == 900


async def test_the_same_read_is_sent_once_per_request() -> None:
    seen: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        if request.url.path == "/products":
            return httpx.Response(200, json={"items": []})
        return httpx.Response(404, json={"code": "NOT_FOUND", "message": ""})

    client = client_of(handle)
    with request_scope():
        for _ in range(2):
            assert await client.get_product("pdt_1") is None
            assert (await client.list_products(0)).rows == ()
    assert seen == ["/products/pdt_1", "/products?page_number=0&page_size=100"]


async def test_reads_of_a_request_are_cached_in_it() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/products/pdt_1":
            return httpx.Response(200, json=records.product("pdt_1"))
        return httpx.Response(200, json={"items": []})

    client = client_of(handle)
    with request_scope():
        assert not client.has_cached_product("pdt_1")
        await client.get_product("pdt_1")
        await client.list_products(0)
        await client.list_product_collections(1, archived=True)
        assert client.has_cached_product("pdt_1")
        assert client.has_cached_products(0)
        assert not client.has_cached_products(1)
        assert client.has_cached_archived_collections(1)
        assert not client.has_cached_archived_collections(0)
    with request_scope():
        assert not client.has_cached_product("pdt_1")
