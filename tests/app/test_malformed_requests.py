"""Malformed and hostile requests: the status and the body of each response."""

import json

import pytest

from tests.app.gateway import gateway_client, only_error
from tests.fakes import FakeProvider

START = b'{"query": "{__typename}", '
BAD = "BAD_REQUEST"
PARSE = "GRAPHQL_PARSE_FAILED"
INVALID = "GRAPHQL_VALIDATION_FAILED"
LIMIT = "DOCUMENT_TOO_COMPLEX"
UNRESOLVED = "OPERATION_RESOLUTION_FAILURE"
INPUT = "BAD_USER_INPUT"
NOT_JSON = "The body cannot be read as JSON: "
BATCH = "Batches are not supported; send each operation in a separate request."
MISSING = "The request has no document: `query` is missing."
TWICE = NOT_JSON + "an object has the same key twice."
DEEP = NOT_JSON + "the nesting is too deep."
ESCAPE = "Syntax Error: Invalid Unicode escape sequence: '\\ud800'."
NODE = "query ($id: ID!) { node(id: $id) { id } }"


def document(text: str, **more: object) -> bytes:
    """Return the body with this document."""
    return json.dumps({"query": text, **more}).encode()


BODIES = {
    "empty": (b"", BAD, NOT_JSON + "Expecting value: line 1 column 1 (char 0)."),
    "white space": (b" \n", BAD, NOT_JSON + "Expecting value: line 2 column 1 (char 2)."),
    "null": (b"null", BAD, "The body is malformed: Expected `object`, got `null`."),
    "text": (b'"{__typename}"', BAD, "The body is malformed: Expected `object`, got `str`."),
    "number": (b"1", BAD, "The body is malformed: Expected `object`, got `int`."),
    "batch": (b'[{"query": "{__typename}"}]', BAD, BATCH),
    "empty batch": (b" []", BAD, BATCH),
    "half": (b'{"query":', BAD, NOT_JSON + "Expecting value: line 1 column 10 (char 9)."),
    "form": (b"query={__typename}", BAD, NOT_JSON + "Expecting value: line 1 column 1 (char 0)."),
    "two": (b"{}{}", BAD, NOT_JSON + "Extra data: line 1 column 3 (char 2)."),
    "UTF-16": (
        '{"query": "{__typename}"}'.encode("utf-16"),
        BAD,
        NOT_JSON + "the text is not UTF-8.",
    ),
    "broken UTF-8": (b'{"query": "\xff"}', BAD, NOT_JSON + "the text is not UTF-8."),
    "overlong UTF-8": (b'{"query": "\xc0\x80"}', BAD, NOT_JSON + "the text is not UTF-8."),
    "byte order mark": (
        b"\xef\xbb\xbf" + document("{__typename}"),
        BAD,
        NOT_JSON + "the text begins with a byte order mark.",
    ),
    "null byte": (
        b'{"query": "\0"}',
        BAD,
        NOT_JSON + "Invalid control character at: line 1 column 12 (char 11).",
    ),
    "escaped null byte": (document("\0"), PARSE, "Syntax Error: Unexpected character: U+0000."),
    "lone surrogate": (
        b'{"query": "{__typename} #\\ud800"}',
        BAD,
        NOT_JSON + "a string is not valid Unicode.",
    ),
    "lone surrogate in the document": (document('{node(id: "\\ud800") {id}}'), PARSE, ESCAPE),
    "NaN": (START + b'"variables": {"a": NaN}}', BAD, NOT_JSON + "NaN is not a JSON number."),
    "Infinity": (
        START + b'"variables": {"a": Infinity}}',
        BAD,
        NOT_JSON + "Infinity is not a JSON number.",
    ),
    "1e999": (
        START + b'"variables": {"a": 1e999}}',
        BAD,
        "The body is malformed: Number out of range - at `$.variables[...]`.",
    ),
    "integer of 5,000 digits": (
        START + b'"variables": {"a": ' + b"9" * 5000 + b"}}",
        BAD,
        "The body is malformed: Integer value out of range - at `$.variables[...]`.",
    ),
    "100,000 brackets": (b"[" * 100_000, BAD, BATCH),
    "100,000 brackets in an object": (b'{"a": ' + b"[" * 100_000, BAD, DEEP),
    "100,000 brackets in variables": (
        START + b'"variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        BAD,
        DEEP,
    ),
    "100,000 objects in variables": (
        START + b'"variables": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        BAD,
        NOT_JSON + "the text holds more than 10,000 values.",
    ),
    "100,000 brackets in an unknown parameter": (
        START + b'"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        BAD,
        DEEP,
    ),
    "100,000 braces in the document": (
        document("{a" * 100_000),
        LIMIT,
        "The document has 200,000 characters; at most 65,536 are allowed.",
    ),
    "30,000 braces in the document": (
        document("{a" * 30_000),
        LIMIT,
        "The document has 65 levels of brackets or more; at most 64 are allowed.",
    ),
    "30,000 brackets in the document": (
        document("{a(b: " + "[" * 30_000),
        LIMIT,
        "The document has 65 levels of brackets or more; at most 64 are allowed.",
    ),
    "query twice": (b'{"query": "{a}", "query": "{b}"}', BAD, TWICE),
    "query twice, once escaped": (b'{"query": "{a}", "qu\\u0065ry": "{b}"}', BAD, TWICE),
    "variable twice": (START + b'"variables": {"a": 1, "a": 2}}', BAD, TWICE),
    "no query": (b"{}", BAD, MISSING),
    "mistyped query": (b'{"qeury": "{__typename}"}', BAD, MISSING),
    "query null": (b'{"query": null}', BAD, MISSING),
    "query a number": (
        b'{"query": 1}',
        BAD,
        "The body is malformed: Expected `str | null`, got `int` - at `$.query`.",
    ),
    "operationName a number": (
        START + b'"operationName": 1}',
        BAD,
        "The body is malformed: Expected `str | null`, got `int` - at `$.operationName`.",
    ),
    "variables a list": (
        START + b'"variables": [1]}',
        BAD,
        "The body is malformed: Expected `object | null`, got `array` - at `$.variables`.",
    ),
    "variables a text": (
        START + b'"variables": "{}"}',
        BAD,
        "The body is malformed: Expected `object | null`, got `str` - at `$.variables`.",
    ),
    "extensions a text": (
        START + b'"extensions": "{}"}',
        BAD,
        "The body is malformed: Expected `object | null`, got `str` - at `$.extensions`.",
    ),
    "empty document": (document(""), PARSE, "Syntax Error: Unexpected <EOF>."),
    "comment only": (document("# {__typename}"), PARSE, "Syntax Error: Unexpected <EOF>."),
    "empty selection set": (document("{}"), INVALID, "A selection set must not be empty."),
    "empty selection set within": (
        document("{providers {}}"),
        INVALID,
        "A selection set must not be empty.",
    ),
    "two operations, no name": (
        document("query A {__typename} query B {__typename}"),
        UNRESOLVED,
        "The document has several operations; name one in `operationName`.",
    ),
    "unknown operation": (
        document("query A {__typename}", operationName="B"),
        UNRESOLVED,
        "The document has no operation with this `operationName`.",
    ),
    "no operation": (
        document("fragment A on Query {__typename}"),
        INVALID,
        "Fragment 'A' is never used.",
    ),
    "schema": (document("type A {a: Int}"), INVALID, "The 'A' definition is not executable."),
    "subscription": (
        document("subscription {__typename}"),
        INVALID,
        "The subscription operation is not supported by the schema.",
    ),
    "variable defined twice": (
        document("query ($id: ID!, $id: ID!) {node(id: $id) {id}}", variables={"id": "x"}),
        INVALID,
        "There can be only one variable named '$id'.",
    ),
    "fragments in a circle": (
        document("{...A} fragment A on Query {...B} fragment B on Query {...A}"),
        INVALID,
        "Cannot spread fragment 'A' within itself via 'B'.",
    ),
    "missing variable": (
        document(NODE),
        INPUT,
        "Variable '$id' has invalid value: Expected a value of non-null type 'ID!' to be provided.",
    ),
    "wrong variable": (
        document(NODE, variables={"id": {}}),
        INPUT,
        "Variable '$id' has invalid value: ID cannot represent value: {}",
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("body", "code", "message"), BODIES.values(), ids=BODIES)
async def test_a_malformed_body_is_400(body: bytes, code: str, message: str) -> None:
    provider = FakeProvider()
    async with gateway_client(provider) as client:
        response = await client.post(
            "/graphql", content=body, headers={"Content-Type": "application/json"}
        )
    assert only_error(response) == (400, code, message)
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert provider.calls == []


URLS = {
    "nothing": ("", MISSING),
    "empty query": ("query=", MISSING),
    "query twice": ("query={a}&query={b}", "The URL contains `query` more than once."),
    "variables twice": (
        "query={a}&variables={}&variables={}",
        "The URL contains `variables` more than once.",
    ),
    "broken UTF-8": ("query=%FF", "The URL must be percent-encoded UTF-8."),
    "lone surrogate": ("query=%ED%A0%80", "The URL must be percent-encoded UTF-8."),
    "too many": ("query={a}" + "&a=1" * 50, "The URL has more than 50 parameters."),
    "variables no JSON": (
        'query={a}&variables={"a":',
        "`variables` cannot be read as JSON: Expecting value: line 1 column 6 (char 5).",
    ),
    "variables a list": (
        "query={a}&variables=[1]",
        "`variables` is malformed: Expected `object | null`, got `array`.",
    ),
    "extensions a number": (
        "query={a}&extensions=1",
        "`extensions` is malformed: Expected `object | null`, got `int`.",
    ),
    "deep variables": (
        "query={a}&variables=" + "[" * 15_000,
        "`variables` cannot be read as JSON: the nesting is too deep.",
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("query_string", "message"), URLS.values(), ids=URLS)
async def test_a_malformed_url_is_400(query_string: str, message: str) -> None:
    async with gateway_client() as client:
        response = await client.get(f"/graphql?{query_string}")
    assert only_error(response) == (400, BAD, message)


@pytest.mark.anyio
async def test_unusual_but_valid_requests_are_executed() -> None:
    body = {
        "query": "query A($a: Boolean!) {__typename @include(if: $a)} query B {__typename}",
        "operationName": "A",
        "variables": {"a": True, "unknown": 1},
        "extensions": {"some": "value"},
        "id": 7,
        "somethingElse": [{}],
    }
    async with gateway_client() as client:
        response = await client.post("/graphql", json=body)
    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.anyio
async def test_a_response_lists_at_most_20_errors() -> None:
    async with gateway_client() as client:
        body = {"query": "{" + " ".join(f"a{i}" for i in range(60)) + "}"}
        response = await client.post("/graphql", json=body)
    errors = response.json()["errors"]
    assert response.status_code == 400
    assert [error["message"] for error in errors] == [
        *(f"Cannot query field 'a{i}' on type 'Query'." for i in range(20)),
        "Too many validation errors, error limit reached. Validation aborted.",
    ]
    assert {error["extensions"]["code"] for error in errors} == {INVALID}


@pytest.mark.anyio
async def test_a_long_integer_in_a_document_is_a_validation_error() -> None:
    query = "{provider(key: DODO) {products(first: " + "9" * 5000 + ") {totalCount}}}"
    async with gateway_client() as client:
        response = await client.post("/graphql", json={"query": query})
    status, code, message = only_error(response)
    assert (status, code) == (400, INVALID)
    assert message.startswith("Expected value of type 'Int', but encountered error ")
