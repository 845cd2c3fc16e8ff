"""Authentication, routing, body validation and the record of calls."""

import dodopayments
import httpx
import pytest

from groupgate.sandbox.dodo import DodoSimulator
from tests.sandbox.dodo.conftest import URL

pytestmark = pytest.mark.anyio

UNAUTHORIZED = {"code": "UNAUTHORIZED", "message": "Not authorised"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "sk_test_sandbox"},
        {"Authorization": "Basic sk_test_sandbox"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Bearer "},
    ],
)
async def test_requests_without_the_key_return_401(
    dodo: DodoSimulator, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(dodo), base_url=URL) as client:
        response = await client.get("/nowhere", headers=headers)
    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)
    assert not [name for name in response.headers if name.startswith("x-ratelimit")]


async def test_the_sdk_raises_an_authentication_error_for_a_wrong_key(dodo: DodoSimulator) -> None:
    async with dodopayments.AsyncDodoPayments(
        bearer_token="wrong",
        base_url=URL,
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(dodo)),
    ) as sdk:
        with pytest.raises(dodopayments.AuthenticationError) as failure:
            await sdk.products.list()
    assert failure.value.body == UNAUTHORIZED


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/product-collections/x/groups/y/z", "/products/a/b/c"]
)
async def test_unknown_paths_return_404(http: httpx.AsyncClient, path: str) -> None:
    response = await http.get(path)
    assert response.status_code == 404
    assert response.json() == {"code": "NOT_FOUND", "message": "Path not found"}


async def test_reading_one_group_returns_405(http: httpx.AsyncClient, ids: dict[str, str]) -> None:
    path = f"/product-collections/{ids['Kestrel Desk']}/groups/{ids['Kestrel Desk / Gulf']}"
    response = await http.get(path)
    assert response.status_code == 405
    assert response.json() == {
        "code": "METHOD_NOT_ALLOWED",
        "message": "Allowed here: PATCH, DELETE",
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body: expected an object"),
        (b"[]", "body: expected an object"),
        (b"{", "Request body is not JSON"),
        (b'{"name": "x"}', "body: expected the fields groups"),
        (b'{"groups": 1, "name": "x"}', "groups: expected an array"),
        (b'{"groups": [{}], "name": "x"}', "groups[0]: expected the fields products"),
        (b'{"groups": [], "name": 1}', "name: expected a string"),
        (
            b'{"groups": [{"products": [{"product_id": "p", "status": 1}]}], "name": "x"}',
            "groups[0].products[0].status: expected true or false",
        ),
    ],
)
async def test_a_body_that_does_not_match_the_schema_returns_422(
    http: httpx.AsyncClient, body: bytes, message: str
) -> None:
    response = await http.post("/product-collections", content=body)
    assert response.status_code == 422
    assert response.json() == {"code": "INVALID_REQUEST_BODY", "message": message}


async def test_a_response_without_content_has_an_empty_body(
    http: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    headers = {"Content-Type": "application/json"}
    response = await http.delete(f"/product-collections/{ids['Kestrel Desk']}", headers=headers)
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "0"
    assert "content-type" not in response.headers


async def test_calls_record_method_target_and_body_below_the_prefix() -> None:
    dodo = DodoSimulator(prefix="/dodo", api_key="k")
    transport, headers = httpx.ASGITransport(dodo), {"Authorization": "Bearer k"}
    async with httpx.AsyncClient(transport=transport, base_url=f"{URL}/dodo") as client:
        listed = await client.get("/products?page_size=2&locale=f%72", headers=headers)
        await client.patch("/products/a%2Fb", headers=headers, json={"name": "x"})
        await client.post("/products", content=b"{")
    assert len(listed.json()["items"]) == 2
    assert list(dodo.calls) == [
        ("GET", "/products?page_size=2&locale=f%72", None),
        ("PATCH", "/products/a%2Fb", {"name": "x"}),
        ("POST", "/products", None),
    ]
    dodo.calls.clear()
    assert not dodo.calls
    assert dodo.calls.maxlen == 10_000
