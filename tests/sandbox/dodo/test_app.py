"""Who may call, how paths and bodies are told apart, and what is recorded."""

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
async def test_without_the_key_everything_is_401(
    dodo: DodoSimulator, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(dodo), base_url=URL) as client:
        answer = await client.get("/nowhere", headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


async def test_the_sdk_sees_a_wrong_key(dodo: DodoSimulator) -> None:
    async with dodopayments.AsyncDodoPayments(
        bearer_token="wrong",
        base_url=URL,
        max_retries=0,
        http_client=httpx.AsyncClient(transport=httpx.ASGITransport(dodo)),
    ) as sdk:
        with pytest.raises(dodopayments.AuthenticationError) as failure:
            await sdk.brands.list()
    assert failure.value.body == UNAUTHORIZED


async def test_no_read_only_key_is_no_key() -> None:
    transport = httpx.ASGITransport(DodoSimulator())
    async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
        answer = await client.get("/brands", headers={"Authorization": "Bearer None"})
    assert answer.status_code == 401


async def test_a_read_only_key_reads_and_does_not_write(
    http: httpx.AsyncClient, ids: dict[str, str], dodo: DodoSimulator
) -> None:
    before = dodo.snapshot()
    http.headers["Authorization"] = "Bearer sk_test_reader"
    path = f"/product-collections/{ids['Kestrel Desk']}"
    assert (await http.get(path)).status_code == 200
    refused = await http.patch(path, json={"name": "x"})
    assert refused.status_code == 403
    assert refused.json() == {"code": "UNAUTHORIZED", "message": "This key may only read"}
    assert dodo.snapshot() == before


@pytest.mark.parametrize(
    "path", ["/", "/nowhere", "/product-collections/x/groups/y/z", "/products/a/b/c"]
)
async def test_unknown_paths_are_404(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"code": "NOT_FOUND", "message": "Path not found"}


async def test_there_is_no_reading_of_one_group(
    http: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    path = f"/product-collections/{ids['Kestrel Desk']}/groups/{ids['Kestrel Desk / Gulf']}"
    answer = await http.get(path)
    assert answer.status_code == 405
    assert answer.json() == {
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
        (
            b'{"groups": [], "name": "x", "on_payment_failure": "wait"}',
            "on_payment_failure: expected one of prevent_change, apply_change",
        ),
    ],
)
async def test_a_body_of_the_wrong_shape_is_422(
    http: httpx.AsyncClient, body: bytes, message: str
) -> None:
    answer = await http.post("/product-collections", content=body)
    assert answer.status_code == 422
    assert answer.json() == {"code": "INVALID_REQUEST_BODY", "message": message}


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ({"type": "gift"}, "price.type: expected one of"),
        ({"type": "one_time_price", "currency": "USD"}, "price: expected the fields price"),
        (
            {"type": "one_time_price", "currency": "XXX", "price": 1},
            "price.currency: expected one of AED",
        ),
        (
            {"type": "one_time_price", "currency": "USD", "price": -1},
            "price.price: expected 0 to 2147483647",
        ),
        (
            {"type": "one_time_price", "currency": "USD", "price": True},
            "price.price: expected 0 to 2147483647",
        ),
    ],
)
async def test_a_price_of_the_wrong_shape_is_422(
    http: httpx.AsyncClient, price: dict[str, object], message: str
) -> None:
    body = {"name": "x", "tax_category": "saas", "price": price}
    answer = await http.post("/products", json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "INVALID_REQUEST_BODY"
    assert answer.json()["message"].startswith(message)


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"k" * 41: "v"}, "metadata: expected keys of at most 40 characters"),
        ({"k": "v" * 501}, "metadata.k: expected at most 500 characters"),
        ({"k": None}, "metadata.k: expected a string, a number, true or false"),
        ({str(n): n for n in range(51)}, "metadata: expected at most 50 pairs"),
    ],
)
async def test_metadata_has_limits(
    http: httpx.AsyncClient, metadata: dict[str, object], message: str
) -> None:
    price = {"type": "one_time_price", "currency": "USD", "price": 1}
    body = {"name": "x", "tax_category": "saas", "price": price, "metadata": metadata}
    answer = await http.post("/products", json=body)
    assert (answer.status_code, answer.json()["message"]) == (422, message)


async def test_a_void_answer_has_no_body(http: httpx.AsyncClient, ids: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await http.delete(f"/product-collections/{ids['Kestrel Desk']}", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers


async def test_every_call_is_recorded_as_sent_below_the_prefix() -> None:
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
