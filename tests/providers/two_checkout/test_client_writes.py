"""2Checkout's writes: how they are sent, and which responses are a success."""

from collections.abc import Callable
from typing import Any

import pytest

from groupgate.domain.errors import Malformed, Rejected, Unconfirmed, WriteOutcome
from groupgate.providers.two_checkout.client import TwoCheckoutClient
from tests.providers.reads import Recorder
from tests.providers.two_checkout.conftest import ConnectClient

pytestmark = pytest.mark.anyio

FREE_TEXT = "50% off/Größe+1 #2?"
FREE_TEXT_SEGMENT = "50%25%20off%2FGr%C3%B6%C3%9Fe%2B1%20%232%3F"

Write = Callable[[TwoCheckoutClient], Any]


@pytest.mark.parametrize(
    ("write", "method", "target", "body"),
    [
        (
            lambda c: c.create_product_group({"Code": None, "Name": "Größe"}),
            "POST",
            "/6.0/productgroups/",
            '{"Code":null,"Name":"Größe"}'.encode(),
        ),
        (
            lambda c: c.assign_product_to_group(FREE_TEXT, "96A9F43B1B"),
            "POST",
            f"/6.0/products/{FREE_TEXT_SEGMENT}/productgroups/96A9F43B1B/",
            b"",
        ),
        (
            lambda c: c.unassign_product_from_group(FREE_TEXT, "96A9F43B1B"),
            "DELETE",
            f"/6.0/products/{FREE_TEXT_SEGMENT}/productgroups/96A9F43B1B/",
            b"",
        ),
    ],
)
async def test_writes_are_sent_as_documented(
    connect_client: ConnectClient, write: Write, method: str, target: str, body: bytes
) -> None:
    transport = Recorder(json=True)
    assert await write(connect_client(transport)) is True
    (request,) = transport.requests
    assert (request.method, transport.targets, request.content) == (method, [target], body)
    assert request.headers.get("Content-Type") == ("application/json" if body else None)


@pytest.mark.parametrize(
    ("write", "statuses"),
    [
        (lambda c: c.create_product_group({"Name": "A"}), {400}),
        (lambda c: c.assign_product_to_group("a", "B"), {400, 404}),
        (lambda c: c.unassign_product_from_group("a", "B"), {400, 404}),
    ],
)
async def test_writes_are_rejected_with_known_statuses_only(
    connect_client: ConnectClient, write: Write, statuses: set[int]
) -> None:
    for status in (400, 404, 405, 409, 422):
        client = connect_client(Recorder(status, json={"error_code": "X", "message": "x"}))
        if status in statuses:
            assert await write(client) is False
            continue
        with pytest.raises(Rejected) as failure:
            await write(client)
        assert failure.value.outcome is WriteOutcome.NOT_APPLIED


ALL_WRITES: list[Write] = [
    lambda c: c.create_product_group({"Name": "A"}),
    lambda c: c.assign_product_to_group("a", "B"),
    lambda c: c.unassign_product_from_group("a", "B"),
]


@pytest.mark.parametrize("write", ALL_WRITES)
@pytest.mark.parametrize(
    "response",
    [
        {"content": b""},
        {"status": 204},
        {"status": 201},
        {"status": 202, "content": b" \r\n"},
        {"content": b"{}"},
        {"content": b"[]"},
        {"content": b"null"},
        {"content": b"1"},
        {"content": b'"true"'},
        {"content": b"[true]"},
        {"content": b"\xef\xbb\xbftrue"},
        {"content": b"true", "headers": {"Content-Type": "text/html; charset=UTF-8"}},
        {"content": b'{"error_code": null, "message": "Done"}'},
        {"content": b'{"Name": "A", "Code": "96A9F43B1B"}'},
    ],
    ids=str,
)
async def test_every_status_of_success_without_an_error_is_a_success(
    connect_client: ConnectClient, write: Write, response: dict[str, Any]
) -> None:
    transport = Recorder(**response)
    assert await write(connect_client(transport)) is True
    assert len(transport.requests) == 1


@pytest.mark.parametrize("write", ALL_WRITES)
@pytest.mark.parametrize(
    "body", [b"false", b"0", b'"false"', b"<p>", b"tru", b"OK", b'{"error_code":']
)
async def test_a_body_that_cannot_be_read_does_not_confirm_a_write(
    connect_client: ConnectClient, write: Write, body: bytes
) -> None:
    with pytest.raises(Unconfirmed) as failure:
        await write(connect_client(Recorder(content=body)))
    assert (failure.value.outcome, failure.value.json_path) == (WriteOutcome.UNKNOWN, "$")


@pytest.mark.parametrize("write", ALL_WRITES)
@pytest.mark.parametrize(
    ("body", "json_path"),
    [
        (b'{"error_code": "X"}', "$.error_code"),
        (b'{"error_code": "X", "message": "x"}', "$.error_code"),
        (b'{"Errors": {"name": "taken"}}', "$.Errors"),
    ],
)
async def test_an_error_with_a_status_of_success_is_no_success(
    connect_client: ConnectClient, write: Write, body: bytes, json_path: str
) -> None:
    with pytest.raises(Malformed) as failure:
        await write(connect_client(Recorder(content=body)))
    assert (failure.value.outcome, failure.value.json_path) == (WriteOutcome.UNKNOWN, json_path)


@pytest.mark.parametrize("body", [b"true", b" true ", b'"true"', b"1", b'"1"'])
@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
async def test_true_confirms_a_write_in_every_notation(
    connect_client: ConnectClient, body: bytes, content_type: str
) -> None:
    client = connect_client(Recorder(content=body, headers={"Content-Type": content_type}))
    assert await client.create_product_group({"Name": "A"}) is True
    assert await client.assign_product_to_group("a", "B") is True
    assert await client.unassign_product_from_group("a", "B") is True
