"""Sources of documents: automatic persisted queries, and trusted documents of a manifest."""

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from groupgate.app.memory_stores import MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MemoryDocumentStore
from groupgate.app.protocol.documents import PersistedDocuments
from groupgate.app.protocol.request_error import RequestError
from groupgate.app.protocol.requests import Parameters
from groupgate.configuration.model import Misconfigured
from tests.app.gateway import JSON, gateway_client, only_error

QUERY = "{ __typename }"
DATA = {"data": {"__typename": "Query"}}
NOT_FOUND = "PersistedQueryNotFound"


def digest(text: str) -> str:
    """Return the hash that names a document."""
    return sha256(text.encode()).hexdigest()


def persisted(hash_: object, version: object = 1) -> dict[str, Any]:
    """Return the extensions that name a document."""
    return {"persistedQuery": {"version": version, "sha256Hash": hash_}}


async def send_hash(
    client: httpx.AsyncClient, query: str | None = None, hash_: str = digest(QUERY)
) -> httpx.Response:
    """Send a hash, together with the document if given."""
    body = {"extensions": persisted(hash_)} | ({} if query is None else {"query": query})
    return await client.post("/graphql", json=body)


@pytest.mark.anyio
async def test_a_hash_is_sufficient_after_its_document_was_sent() -> None:
    async with gateway_client() as client:
        assert only_error(await send_hash(client)) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)
        sent, repeated = await send_hash(client, QUERY), await send_hash(client)
    assert (sent.status_code, sent.json()) == (200, DATA)
    assert (repeated.status_code, repeated.json()) == (200, DATA)


@pytest.mark.anyio
async def test_a_hash_can_be_in_the_url() -> None:
    extensions = msgspec.json.encode(persisted(digest(QUERY))).decode()
    async with gateway_client() as client:
        unknown = await client.get("/graphql", params={"extensions": extensions})
        await client.get("/graphql", params={"extensions": extensions, "query": QUERY})
        known = await client.get("/graphql", params={"extensions": extensions})
    assert only_error(unknown) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)
    assert unknown.headers["cache-control"] == "no-store"
    assert (known.status_code, known.json()) == (200, DATA)


@pytest.mark.anyio
async def test_an_unknown_hash_is_200_for_application_json() -> None:
    """Apollo Client before 3.7 takes 400 for a server without persisted queries."""
    async with gateway_client() as client:
        client.headers["Accept"] = JSON
        assert only_error(await send_hash(client)) == (200, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


@pytest.mark.anyio
async def test_a_hash_of_another_document_is_rejected_and_not_stored() -> None:
    other = digest("{ a }")
    async with gateway_client() as client:
        rejected = await send_hash(client, QUERY, other)
        after = await send_hash(client, hash_=other)
    message = "`sha256Hash` is not the SHA-256 hash of the document."
    assert only_error(rejected) == (400, "BAD_REQUEST", message)
    assert only_error(after) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["{", "{ a }", "{ __typename }" + " " * 70_000])
async def test_invalid_documents_are_not_stored(query: str) -> None:
    async with gateway_client() as client:
        assert (await send_hash(client, query, digest(query))).status_code == 400
        after = await send_hash(client, hash_=digest(query))
    assert only_error(after) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("x", "Expected `object`, got `str`."),
        ({}, "Object missing required field `version`."),
        ({"version": 1}, "Object missing required field `sha256Hash`."),
        ({"version": "1", "sha256Hash": "x"}, "Expected `int`, got `str` - at `$.version`."),
        ({"version": 1, "sha256Hash": 1}, "Expected `str`, got `int` - at `$.sha256Hash`."),
    ],
)
async def test_malformed_extensions_are_rejected(given: object, message: str) -> None:
    async with gateway_client() as client:
        response = await client.post(
            "/graphql", json={"query": QUERY, "extensions": {"persistedQuery": given}}
        )
    expected = f"`extensions.persistedQuery` is malformed: {message}"
    assert only_error(response) == (400, "BAD_REQUEST", expected)


@pytest.mark.anyio
async def test_another_version_is_rejected() -> None:
    async with gateway_client() as client:
        response = await client.post(
            "/graphql", json={"query": QUERY, "extensions": persisted(digest(QUERY), 2)}
        )
    message = "Only version 1 of persisted queries is supported."
    assert only_error(response) == (400, "BAD_REQUEST", message)


async def store(source: PersistedDocuments, text: str) -> None:
    """Store a valid document."""
    await source.accept(Parameters(query=text, extensions=persisted(digest(text))))


async def is_stored(source: PersistedDocuments, text: str) -> bool:
    """Look up a document by its hash."""
    with suppress(RequestError):
        return await source.find(Parameters(extensions=persisted(digest(text)))) == text
    return False


@pytest.mark.anyio
async def test_stored_documents_are_bounded_by_bytes() -> None:
    source = PersistedDocuments(MemoryDocumentStore())
    large = [str(number) + "ä" * (MAX_DOCUMENT_BYTES // 8) for number in range(5)]
    for text in large:
        await store(source, text)
    assert [await is_stored(source, text) for text in large] == [False, False, True, True, True]


@pytest.mark.anyio
async def test_stored_documents_are_bounded_by_number_and_the_least_recently_used_goes_first() -> (
    None
):
    source = PersistedDocuments(MemoryDocumentStore())
    texts = [f"{{ a{number} }}" for number in range(MAX_DOCUMENTS)]
    for text in texts:
        await store(source, text)
    assert await is_stored(source, texts[0])
    await store(source, "{ new }")
    await store(source, "{ newer }")
    requested = [texts[0], texts[1], texts[2], texts[3], "{ new }"]
    assert [await is_stored(source, text) for text in requested] == [True, False, False, True, True]


@pytest.mark.anyio
async def test_a_document_larger_than_the_store_is_not_stored() -> None:
    source = PersistedDocuments(MemoryDocumentStore())
    await store(source, "a" * (MAX_DOCUMENT_BYTES + 1))
    assert not await is_stored(source, "a" * (MAX_DOCUMENT_BYTES + 1))


TYPES = "query Types { __typename }"
NAMES = "query Names { providers { name } }"
RELAY = {"b0a1": TYPES, "c2d3": NAMES}
CODEGEN = {"sha256:b0a1": TYPES, "sha256:c2d3": NAMES}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [
        {"id": "b0a1", "name": "Types", "type": "query", "body": TYPES},
        {"id": "c2d3", "name": "Names", "type": "query", "body": NAMES, "clientName": None},
    ],
}
ID_REQUIRED = "This gateway executes trusted documents only; send the id of one."
UNKNOWN = "There is no trusted document with this id."
OTHER = "The document in the request differs from the trusted document with this id."


def manifest(folder: Path, content: object) -> Path:
    """Write a manifest."""
    file = folder / "manifest.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


async def send(folder: Path, body: dict[str, Any], content: object = APOLLO) -> httpx.Response:
    """Send one request to a gateway with this manifest."""
    async with gateway_client(trusted_documents=manifest(folder, content)) as client:
        return await client.post("/graphql", json=body)


@pytest.mark.anyio
@pytest.mark.parametrize("content", [RELAY, CODEGEN, APOLLO], ids=["relay", "codegen", "apollo"])
@pytest.mark.parametrize(
    "body",
    [
        {"documentId": "c2d3"},
        {"documentId": "sha256:c2d3"},
        {"doc_id": "c2d3"},
        {"id": "c2d3"},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "c2d3"}}},
        {"id": "c2d3", "query": NAMES, "operationName": "Names", "variables": {}},
    ],
    ids=["documentId", "prefixed", "doc_id", "id", "sha256Hash", "with the text"],
)
async def test_a_trusted_document_is_executed_by_its_id(
    tmp_path: Path, content: object, body: Any
) -> None:
    response = await send(tmp_path, body, content)
    assert (response.status_code, response.json()) == (
        200,
        {"data": {"providers": [{"name": "Fake"}]}},
    )


@pytest.mark.anyio
async def test_an_id_can_be_in_the_url(tmp_path: Path) -> None:
    async with gateway_client(trusted_documents=manifest(tmp_path, RELAY)) as client:
        response = await client.get("/graphql", params={"documentId": "b0a1"})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": TYPES}, ID_REQUIRED),
        ({}, ID_REQUIRED),
        ({"query": "{ __schema { types { name } } }"}, ID_REQUIRED),
        ({"documentId": "ffff"}, UNKNOWN),
        ({"documentId": ""}, UNKNOWN),
        ({"documentId": "c2d3", "query": TYPES}, OTHER),
        ({"documentId": "c2d3", "query": ""}, OTHER),
        (
            {"query": TYPES, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}},
            UNKNOWN,
        ),
    ],
)
async def test_other_documents_are_rejected(tmp_path: Path, body: Any, message: str) -> None:
    assert only_error(await send(tmp_path, body)) == (400, "DOCUMENT_NOT_TRUSTED", message)


@pytest.mark.anyio
async def test_an_id_that_is_not_a_string_is_rejected(tmp_path: Path) -> None:
    message = "The id of a document must be a string."
    assert only_error(await send(tmp_path, {"id": 1})) == (400, "BAD_REQUEST", message)


EXPECTED_NAME = "Syntax Error: Expected Name, found <EOF>."
MANIFESTS = {
    "no JSON": (b"{", "is not JSON: Expecting property name enclosed in double quotes: "),
    "the same id twice": (
        b'{"a": "{a}", "a": "{b}"}',
        "is not JSON: an object has the same key twice.",
    ),
    "a list": (b"[]", "is not a valid manifest: Expected `object`, got `array`."),
    "nothing": (b"{}", "is not a valid manifest: No documents found."),
    "no texts": (b'{"a": 1}', "is not a valid manifest: Expected `str`, got `int` - at `$[...]`."),
    "another format": (
        b'{"format": "x", "version": 1, "operations": []}',
        "is not a valid manifest: Invalid enum value 'x' - at `$.format`.",
    ),
    "another version": (
        b'{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}',
        "is not a valid manifest: Invalid enum value 2 - at `$.version`.",
    ),
    "no operations": (
        b'{"format": "apollo-persisted-query-manifest", "version": 1, "operations": []}',
        "is not a valid manifest: No documents found.",
    ),
    "no body": (
        b'{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}',
        "is not a valid manifest: Object missing required field `body` - at `$.operations[0]`.",
    ),
    "no GraphQL": (
        b'{"a": "{"}',
        f"is not a valid manifest: Document a cannot be executed: {EXPECTED_NAME}",
    ),
}


@pytest.mark.parametrize(("content", "message"), MANIFESTS.values(), ids=MANIFESTS)
@pytest.mark.anyio
async def test_an_invalid_manifest_is_reported(
    tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "manifest.json"
    file.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        async with gateway_client(trusted_documents=file):
            pass
    assert str(caught.value).startswith(f"GROUPGATE_TRUSTED_DOCUMENTS: {file} {message}")


@pytest.mark.anyio
async def test_a_missing_manifest_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    with pytest.raises(Misconfigured) as caught:
        async with gateway_client(trusted_documents=file):
            pass
    expected = f"GROUPGATE_TRUSTED_DOCUMENTS: {file}: No such file or directory."
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("text", "settings", "problem"),
    [
        ("{ removed }", {}, "Cannot query field 'removed' on type 'Query'."),
        ("{ a: __typename b: __typename }", {"max_aliases": 1}, "The document has 2 aliases"),
        ("{ __schema { description } }", {"introspection": False}, "Introspection is disabled."),
    ],
)
@pytest.mark.anyio
async def test_a_trusted_document_that_can_never_be_executed_is_reported(
    tmp_path: Path, text: str, settings: dict[str, Any], problem: str
) -> None:
    file = manifest(tmp_path, {"a": TYPES, "b": text})
    with pytest.raises(Misconfigured) as caught:
        async with gateway_client(trusted_documents=file, **settings):
            pass
    expected = f"is not a valid manifest: Document b cannot be executed: {problem}"
    assert str(caught.value).startswith(f"GROUPGATE_TRUSTED_DOCUMENTS: {file} {expected}")
