"""2Checkout's calls: their paths, the accepted shapes and the errors."""

from collections.abc import Callable, MutableMapping
from typing import Any

import httpx
import msgspec
import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
)
from groupgate.providers.two_checkout import wire
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from groupgate.request import request_scope
from tests.providers.reads import Recorder
from tests.providers.two_checkout.conftest import ConnectClient

pytestmark = pytest.mark.anyio

PLANS = {"Name": "SaaS plans", "Code": "96A9F43B1B"}
PLANS_RECORD = wire.ProductGroupRecord(Name="SaaS plans", Code="96A9F43B1B")
FREE_TEXT = "50% off/Größe+1 #2?"
FREE_TEXT_SEGMENT = "50%25%20off%2FGr%C3%B6%C3%9Fe%2B1%20%232%3F"

Read = Callable[[TwoCheckoutClient], Any]


@pytest.mark.parametrize(
    ("read", "response", "target"),
    [
        (lambda c: c.list_product_groups(), [], "/6.0/productgroups/"),
        (
            lambda c: c.get_product_group("96A9F43B1B"),
            PLANS,
            "/6.0/productgroups/96A9F43B1B/",
        ),
        (lambda c: c.list_products(1), [], "/6.0/products/?Limit=200&Page=1"),
        (
            lambda c: c.list_products(2, FREE_TEXT),
            [],
            f"/6.0/products/?GroupName={FREE_TEXT_SEGMENT}&Limit=200&Page=2",
        ),
        (
            lambda c: c.get_product("my_subscription"),
            {"ProductCode": "my_subscription"},
            "/6.0/products/my_subscription/",
        ),
        (
            lambda c: c.get_product_group_of_product(FREE_TEXT),
            "SaaS plans",
            f"/6.0/products/{FREE_TEXT_SEGMENT}/productgroups/",
        ),
    ],
)
async def test_each_call_has_the_documented_path(
    connect_client: ConnectClient, read: Read, response: Any, target: str
) -> None:
    transport = Recorder(json=response)
    await read(connect_client(transport))
    assert [request.method for request in transport.requests] == ["GET"]
    assert transport.targets == [target]


async def test_a_code_of_free_text_is_one_segment_of_the_path(
    connect_client: ConnectClient,
) -> None:
    """The path that a server receives is neither decoded nor split."""
    seen: list[Any] = []

    async def app(scope: MutableMapping[str, Any], _receive: Any, send: Any) -> None:
        seen.append((scope["raw_path"], scope["query_string"]))
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    client = connect_client(httpx.ASGITransport(app=app))
    for code in (FREE_TEXT, "a b", "a/b", "a%2Fb", "a+b", "...", "日本"):
        assert await client.get_product(code) is None
    assert seen == [
        (f"/6.0/products/{FREE_TEXT_SEGMENT}/".encode(), b""),
        (b"/6.0/products/a%20b/", b""),
        (b"/6.0/products/a%2Fb/", b""),
        (b"/6.0/products/a%252Fb/", b""),
        (b"/6.0/products/a%2Bb/", b""),
        (b"/6.0/products/.../", b""),
        (b"/6.0/products/%E6%97%A5%E6%9C%AC/", b""),
    ]


@pytest.mark.parametrize("code", ["", ".", ".."])
async def test_a_code_that_no_path_can_contain_is_not_found_without_a_call(
    connect_client: ConnectClient, code: str
) -> None:
    transport = Recorder(json=[])
    client = connect_client(transport)
    assert await client.get_product_group(code) is None
    assert await client.get_product(code) is None
    assert await client.get_product_group_of_product(code) is None
    assert transport.requests == []


async def test_every_request_has_its_own_signature(
    connect_client: ConnectClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = iter(["first", "second"])

    def header(code: str, secret: str, _at: object, algorithm: str) -> str:
        return f"{code} {secret} {next(dates)} {algorithm}"

    monkeypatch.setattr("groupgate.providers.two_checkout.client.authentication_header", header)
    transport = Recorder(json=[])
    client = connect_client(transport)
    await client.list_product_groups()
    await client.list_products(1)
    signatures = [request.headers["x-avangate-authentication"] for request in transport.requests]
    assert signatures == [
        "SANDBOX1 sandbox-secret-key first sha3-256",
        "SANDBOX1 sandbox-secret-key second sha3-256",
    ]
    assert transport.requests[0].headers["accept"] == "application/json"


@pytest.mark.parametrize(
    "response", [[PLANS], {"Items": [PLANS]}, {"Items": [PLANS], "Pagination": {"Count": 1}}]
)
async def test_groups_are_read_from_an_array_or_an_envelope(
    connect_client: ConnectClient, response: Any
) -> None:
    assert await connect_client(Recorder(json=response)).list_product_groups() == (PLANS_RECORD,)


@pytest.mark.parametrize(
    ("response", "group"), [(PLANS, PLANS_RECORD), ([PLANS], PLANS_RECORD), ([], None)]
)
async def test_a_group_is_read_from_an_object_or_an_array(
    connect_client: ConnectClient, response: Any, group: wire.ProductGroupRecord | None
) -> None:
    assert await connect_client(Recorder(json=response)).get_product_group("96A9F43B1B") == group


@pytest.mark.parametrize(
    ("response", "total"),
    [
        ({"Items": [{"ProductCode": "a"}], "Pagination": {"Page": 1, "Count": 7}}, 7),
        ({"Items": [{"ProductCode": "a"}], "Pagination": {}}, None),
        ({"Items": [{"ProductCode": "a"}], "Pagination": None}, None),
        ({"Items": [{"ProductCode": "a"}]}, None),
        ([{"ProductCode": "a"}], None),
    ],
)
async def test_a_page_of_products_may_have_a_total(
    connect_client: ConnectClient, response: Any, total: int | None
) -> None:
    page = await connect_client(Recorder(json=response)).list_products(1)
    assert page.rows == (wire.ProductRecord(ProductCode="a"),)
    assert page.total == total


@pytest.mark.parametrize(
    ("response", "name"),
    [
        ("SaaS plans", "SaaS plans"),
        (["SaaS plans"], "SaaS plans"),
        (PLANS, "SaaS plans"),
        ([PLANS], "SaaS plans"),
        ([], None),
        (None, None),
    ],
)
async def test_the_group_of_a_product_is_a_name_in_any_shape(
    connect_client: ConnectClient, response: Any, name: str | None
) -> None:
    client = connect_client(Recorder(content=msgspec.json.encode(response)))
    assert await client.get_product_group_of_product("my_subscription") == name


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_for_a_code_mean_not_found(
    connect_client: ConnectClient, status: int
) -> None:
    client = connect_client(Recorder(status, json={"error_code": "X", "message": "Y"}))
    assert await client.get_product_group("96A9F43B1B") is None
    assert await client.get_product("my_subscription") is None
    assert await client.get_product_group_of_product("my_subscription") is None


@pytest.mark.parametrize("status", [400, 404])
async def test_400_and_404_for_a_list_are_errors(
    connect_client: ConnectClient, status: int
) -> None:
    client = connect_client(Recorder(status, json={"error_code": "X", "message": "secret words"}))
    for call in (client.list_product_groups(), client.list_products(1)):
        with pytest.raises(Rejected) as failure:
            await call
        assert "secret words" not in failure.value.message


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (401, Denied),
        (403, Denied),
        (408, Unavailable),
        (409, Rejected),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
async def test_other_statuses_for_a_code_are_errors(
    connect_client: ConnectClient, status: int, failure: type[UpstreamError]
) -> None:
    client = connect_client(Recorder(status, html="<h1>Edge</h1>"))
    with pytest.raises(failure):
        await client.get_product("my_subscription")


async def test_429_has_the_time_to_wait(connect_client: ConnectClient) -> None:
    client = connect_client(Recorder(429, headers={"Retry-After": "7"}))
    with pytest.raises(Throttled) as failure:
        await client.list_product_groups()
    assert failure.value.retry_after == 7


@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ConnectError("refused")])
async def test_a_transport_error_is_unavailable(
    connect_client: ConnectClient, error: httpx.HTTPError
) -> None:
    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(Unavailable):
        await connect_client(httpx.MockTransport(fail)).get_product("my_subscription")


@pytest.mark.parametrize(
    ("read", "body", "path"),
    [
        (lambda c: c.list_product_groups(), b"<h1>Edge</h1>", "$"),
        (lambda c: c.list_product_groups(), b"", "$"),
        (lambda c: c.list_product_groups(), b"true", "$"),
        (lambda c: c.get_product_group("A"), b'{"Code": "A"}', "$.Name"),
        (lambda c: c.list_products(1), b'{"Pagination": {"Count": 0}}', "$.Items"),
        (lambda c: c.get_product("a"), b'{"ProductName": "A"}', "$.ProductCode"),
        (lambda c: c.get_product("a"), b'{"ProductCode": null}', "$.ProductCode"),
        (lambda c: c.get_product_group_of_product("a"), b"false", "$"),
        (lambda c: c.get_product_group_of_product("a"), b"{}", "$.Name"),
    ],
)
async def test_a_malformed_response_has_the_json_path_of_the_error(
    connect_client: ConnectClient, read: Read, body: bytes, path: str
) -> None:
    with pytest.raises(Malformed) as failure:
        await read(connect_client(Recorder(content=body)))
    assert failure.value.json_path == path


async def test_the_same_read_is_sent_once_per_request(connect_client: ConnectClient) -> None:
    transport = Recorder(json=[])
    client = connect_client(transport)
    with request_scope():
        assert not client.has_cached_product_groups()
        assert not client.has_cached_products(1)
        for _ in range(2):
            await client.list_product_groups()
            await client.list_products(1)
            await client.list_products(1, "SaaS plans")
        assert client.has_cached_product_groups()
        assert client.has_cached_products(1)
        assert not client.has_cached_products(2)
    assert len(transport.requests) == 3


async def test_every_response_with_a_group_adds_its_name(connect_client: ConnectClient) -> None:
    listed = connect_client(Recorder(json=[PLANS, {"Name": "No code"}]))
    await listed.list_product_groups()
    single = connect_client(Recorder(json=[PLANS]))
    await single.get_product_group("96A9F43B1B")
    row = {"ProductCode": "a", "ProductGroup": PLANS}
    rows = connect_client(Recorder(json=[row, {"ProductCode": "b"}]))
    await rows.list_products(1)
    product = connect_client(Recorder(json=row))
    await product.get_product("a")
    for client in (listed, single, rows, product):
        assert client.group_names == {"96A9F43B1B": "SaaS plans"}
