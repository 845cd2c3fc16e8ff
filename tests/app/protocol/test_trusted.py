"""Trusted documents: three manifests, one behaviour."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from groupgate.app.misconfigured import Misconfigured
from groupgate.app.protocol.trusted import TrustedDocuments
from tests.app.serving import gateway, told

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
NEEDED = "Only trusted documents are run here: send the id of one."
UNKNOWN = "There is no trusted document with this id."
OTHER = "The document sent is not the one with this id."


def manifest(folder: Path, content: object) -> Path:
    """Write a manifest."""
    file = folder / "manifest.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


async def ask(folder: Path, body: dict[str, Any], content: object = APOLLO) -> httpx.Response:
    """Send one request to a gateway that has this manifest."""
    async with gateway(trusted_documents=manifest(folder, content)) as client:
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
async def test_a_document_is_run_by_its_id(tmp_path: Path, content: object, body: Any) -> None:
    response = await ask(tmp_path, body, content)
    assert (response.status_code, response.json()) == (
        200,
        {"data": {"providers": [{"name": "Fake"}]}},
    )


@pytest.mark.anyio
async def test_an_id_may_stand_in_a_url(tmp_path: Path) -> None:
    async with gateway(trusted_documents=manifest(tmp_path, RELAY)) as client:
        response = await client.get("/graphql", params={"documentId": "b0a1"})
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"query": TYPES}, NEEDED),
        ({}, NEEDED),
        ({"query": "{ __schema { types { name } } }"}, NEEDED),
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
async def test_nothing_else_is_run(tmp_path: Path, body: Any, message: str) -> None:
    assert told(await ask(tmp_path, body)) == (400, "DOCUMENT_NOT_TRUSTED", message)


@pytest.mark.anyio
async def test_an_id_that_is_no_text_is_refused(tmp_path: Path) -> None:
    message = "The id of a document must be a string."
    assert told(await ask(tmp_path, {"id": 1})) == (400, "BAD_REQUEST", message)


MANIFESTS = {
    "no JSON": (b"{", "is not JSON: Expecting property name enclosed in double quotes: "),
    "the same id twice": (
        b'{"a": "{a}", "a": "{b}"}',
        "is not JSON: an object in it has the same name twice.",
    ),
    "a list": (b"[]", "is no manifest: Expected `object`, got `array`."),
    "nothing": (b"{}", "is no manifest: It has no documents."),
    "no texts": (b'{"a": 1}', "is no manifest: Expected `str`, got `int` - at `$[...]`."),
    "another format": (
        b'{"format": "x", "version": 1, "operations": []}',
        "is no manifest: Invalid enum value 'x' - at `$.format`.",
    ),
    "another version": (
        b'{"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}',
        "is no manifest: Invalid enum value 2 - at `$.version`.",
    ),
    "no operations": (
        b'{"format": "apollo-persisted-query-manifest", "version": 1, "operations": []}',
        "is no manifest: It has no documents.",
    ),
    "no body": (
        b'{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}',
        "is no manifest: Object missing required field `body` - at `$.operations[0]`.",
    ),
    "no GraphQL": (
        b'{"a": "{"}',
        "is no manifest: Document a does not parse: Syntax Error: Expected Name, found <EOF>.",
    ),
}


@pytest.mark.parametrize(("content", "message"), MANIFESTS.values(), ids=MANIFESTS)
def test_a_bad_manifest_is_told_in_a_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        TrustedDocuments.of(file)
    assert str(caught.value).startswith(f"GROUPGATE_TRUSTED_DOCUMENTS: {file} {message}")


def test_a_missing_manifest_is_told_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "manifest.json"
    with pytest.raises(Misconfigured) as caught:
        TrustedDocuments.of(file)
    expected = f"GROUPGATE_TRUSTED_DOCUMENTS: {file}: No such file or directory."
    assert str(caught.value) == expected


@pytest.mark.anyio
async def test_a_document_the_schema_has_outgrown_is_told_when_it_is_asked_for(
    tmp_path: Path,
) -> None:
    response = await ask(tmp_path, {"id": "a"}, {"a": "{ removed }"})
    message = "Cannot query field 'removed' on type 'Query'."
    assert told(response) == (400, "GRAPHQL_VALIDATION_FAILED", message)
