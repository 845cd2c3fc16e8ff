"""Automatic persisted queries, as Apollo's clients speak them."""

from contextlib import suppress
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest
from groupgate.app.protocol.request_error import RequestError

from groupgate.app.protocol.parameters import Parameters
from groupgate.app.protocol.persisted import MOST_BYTES, MOST_DOCUMENTS, PersistedDocuments
from tests.app.serving import JSON, gateway, told

QUERY = "{ __typename }"
DATA = {"data": {"__typename": "Query"}}
NOT_FOUND = "PersistedQueryNotFound"


def digest(text: str) -> str:
    """Return the hash that names a document."""
    return sha256(text.encode()).hexdigest()


def persisted(hash_: object, version: object = 1) -> dict[str, Any]:
    """Return the extensions that name a document."""
    return {"persistedQuery": {"version": version, "sha256Hash": hash_}}


async def ask(
    client: httpx.AsyncClient, query: str | None = None, hash_: str = digest(QUERY)
) -> httpx.Response:
    """Send a hash, and the document with it if it is given."""
    body = {"extensions": persisted(hash_)} | ({} if query is None else {"query": query})
    return await client.post("/graphql", json=body)


@pytest.mark.anyio
async def test_a_hash_is_enough_once_its_document_was_sent() -> None:
    async with gateway() as client:
        assert told(await ask(client)) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)
        sent, repeated = await ask(client, QUERY), await ask(client)
    assert (sent.status_code, sent.json()) == (200, DATA)
    assert (repeated.status_code, repeated.json()) == (200, DATA)


@pytest.mark.anyio
async def test_a_hash_may_stand_in_a_url() -> None:
    extensions = msgspec.json.encode(persisted(digest(QUERY))).decode()
    async with gateway() as client:
        unknown = await client.get("/graphql", params={"extensions": extensions})
        await client.get("/graphql", params={"extensions": extensions, "query": QUERY})
        known = await client.get("/graphql", params={"extensions": extensions})
    assert told(unknown) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)
    assert unknown.headers["cache-control"] == "no-store"
    assert (known.status_code, known.json()) == (200, DATA)


@pytest.mark.anyio
async def test_older_clients_are_told_with_200_that_a_hash_is_not_known() -> None:
    """Apollo Client before 3.7 took 400 for a server without persisted queries."""
    async with gateway() as client:
        client.headers["Accept"] = JSON
        assert told(await ask(client)) == (200, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


@pytest.mark.anyio
async def test_a_hash_of_another_document_is_refused_and_not_remembered() -> None:
    other = digest("{ a }")
    async with gateway() as client:
        refused = await ask(client, QUERY, other)
        after = await ask(client, hash_=other)
    message = "The hash is not the SHA-256 hash of the document."
    assert told(refused) == (400, "BAD_REQUEST", message)
    assert told(after) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["{", "{ a }", "{ __typename }" + " " * 70_000])
async def test_documents_that_are_refused_are_not_remembered(query: str) -> None:
    async with gateway() as client:
        assert (await ask(client, query, digest(query))).status_code == 400
        after = await ask(client, hash_=digest(query))
    assert told(after) == (400, "PERSISTED_QUERY_NOT_FOUND", NOT_FOUND)


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
async def test_malformed_extensions_are_refused(given: object, message: str) -> None:
    async with gateway() as client:
        response = await client.post(
            "/graphql", json={"query": QUERY, "extensions": {"persistedQuery": given}}
        )
    expected = f"`extensions.persistedQuery` is malformed: {message}"
    assert told(response) == (400, "BAD_REQUEST", expected)


@pytest.mark.anyio
async def test_another_version_is_refused() -> None:
    async with gateway() as client:
        response = await client.post(
            "/graphql", json={"query": QUERY, "extensions": persisted(digest(QUERY), 2)}
        )
    message = "Only version 1 of persisted queries is served."
    assert told(response) == (400, "BAD_REQUEST", message)


def remember(source: PersistedDocuments, text: str) -> None:
    """Send a document that is valid."""
    source.accepted(Parameters(query=text, extensions=persisted(digest(text))))


def knows(source: PersistedDocuments, text: str) -> bool:
    """Ask for a document by its hash."""
    with suppress(RequestError):
        return source.find(Parameters(extensions=persisted(digest(text)))) == text
    return False


def test_as_many_bytes_are_remembered_as_allowed() -> None:
    source = PersistedDocuments()
    large = [str(number) + "ä" * (MOST_BYTES // 8) for number in range(5)]
    for text in large:
        remember(source, text)
    assert [knows(source, text) for text in large] == [False, False, True, True, True]


def test_as_many_documents_are_remembered_as_allowed_the_oldest_going_first() -> None:
    source = PersistedDocuments()
    texts = [f"{{ a{number} }}" for number in range(MOST_DOCUMENTS)]
    for text in texts:
        remember(source, text)
    assert knows(source, texts[0])
    remember(source, "{ new }")
    remember(source, "{ newer }")
    asked = [texts[0], texts[1], texts[2], texts[3], "{ new }"]
    assert [knows(source, text) for text in asked] == [True, False, False, True, True]


def test_a_document_larger_than_all_that_may_be_remembered_is_not() -> None:
    source = PersistedDocuments()
    remember(source, "a" * (MOST_BYTES + 1))
    assert not knows(source, "a" * (MOST_BYTES + 1))
