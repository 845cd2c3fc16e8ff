"""Any input: the response is GraphQL in JSON, never with status 5xx."""

import asyncio
import gc
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors
from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from groupgate.schema.ids import decode_id, encode_id, try_decode_id
from tests.fakes import FakeProvider

FUZZ = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

Send = Any


@pytest.fixture(scope="module")
def send() -> Iterator[Send]:
    """Return a function that sends one request to a gateway over a fake vendor."""
    vendor = FakeProvider()
    vendors = Vendors(providers={vendor.key: vendor}, transports=())
    transport = httpx.ASGITransport(app=create_app(vendors, Settings.model_construct()))
    with ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner())
        client = httpx.AsyncClient(transport=transport, base_url="http://gateway")
        stack.callback(lambda: runner.run(client.aclose()))

        def send(method: str, **request: Any) -> httpx.Response:
            return runner.run(client.request(method, "/graphql", **request))

        yield send


def check(response: httpx.Response) -> None:
    """Check that the response is well formed and not an internal error."""
    assert response.status_code < 500
    if response.content:
        assert "json" in response.headers["content-type"]
        assert isinstance(json.loads(response.content), dict)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(["query", "operationName", "variables", "extensions", "documentId", "id"])
SIGNS = st.sampled_from(["{", "}", "(", ")", "[", "]", "...", ":", "!", "$a", '"x"', '"""', "#"])
KEYWORDS = st.sampled_from(["query", "fragment", "on", "@include", "providers", "node", "first"])
WORDS = SIGNS | KEYWORDS | st.sampled_from(["1", "\ud800", "\0"])


@FUZZ
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf{}")
@example(b'{"query":"{__typename}","query":"{__typename}"}')
def test_any_body(send: Send, body: bytes) -> None:
    """A body declared as JSON."""
    check(send("POST", content=body, headers={"content-type": "application/json"}))


@FUZZ
@given(st.dictionaries(NAMES, JSON_VALUES, max_size=6))
def test_any_parameters(send: Send, parameters: dict[str, Any]) -> None:
    """Parameters of any type, including lone surrogates and NaN."""
    body = json.dumps(parameters)
    check(send("POST", content=body, headers={"content-type": "application/json"}))


@FUZZ
@given(st.lists(WORDS, max_size=30), JSON_VALUES)
def test_any_document(send: Send, words: list[str], variables: object) -> None:
    """Documents of the language's own tokens, with any variables."""
    body = json.dumps({"query": " ".join(words), "variables": variables})
    check(send("POST", content=body, headers={"content-type": "application/json"}))


@FUZZ
@given(st.text(max_size=60), st.text(alphabet=st.characters(max_codepoint=126), max_size=40))
def test_any_url_and_accept_header(send: Send, query: str, accept: str) -> None:
    """A GET with any query and any Accept header."""
    printable = "".join(letter for letter in accept if letter.isprintable())
    text = query.encode("utf-8", "ignore").decode()
    check(send("GET", params={"query": text}, headers={"accept": printable or "*/*"}))


@FUZZ
@given(st.text(max_size=80))
@example("WyJnIiwiRE9ETyIsIlx1ZDgwMCJd")
@example("e" * 3_000)
def test_any_id_and_cursor(send: Send, text: str) -> None:
    """Unknown ids and cursors are BAD_USER_INPUT."""
    query = (
        "query ($id: ID!, $after: String) { node(id: $id) { id }"
        " providers { products(first: 1, after: $after) { totalCount } } }"
    )
    body = json.dumps({"query": query, "variables": {"id": text, "after": text}})
    response = send("POST", content=body, headers={"content-type": "application/json"})
    check(response)
    for error in response.json()["errors"]:
        assert error["extensions"]["code"] in {"BAD_USER_INPUT", "BAD_REQUEST"}


@FUZZ
@given(st.sampled_from(ProviderKey), st.text(), st.text())
def test_ids_encode_any_native_id(key: ProviderKey, parent: str, own: str) -> None:
    """Decoding returns what was encoded, and one object has only one id."""
    for ref in (
        ProductRef(provider=key, native_id=own),
        GroupRef(provider=key, collection_id=parent, native_id=own),
    ):
        text = encode_id(ref)
        if len(text) <= 2_000:
            assert decode_id(text) == ref
        assert try_decode_id(text + "A") != ref


def test_invalid_requests_do_not_leak_memory(send: Send) -> None:

    def send_many(start: int) -> None:
        for number in range(start, start + 500):
            body = json.dumps({"query": f"{{ nothing{number} }}"})
            send("POST", content=body, headers={"content-type": "application/json"})

    send_many(0)
    gc.collect()
    tracemalloc.start()
    send_many(10_000)
    gc.collect()
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 1_000_000
