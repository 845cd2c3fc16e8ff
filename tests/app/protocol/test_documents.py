"""Documents: parsed once, cached within bounds; introspection and suggestions can be disabled."""

import pytest
from graphql import GraphQLSchema, build_schema

from groupgate.app.protocol.documents import MAX_CACHED_CHARACTERS, MAX_CACHED_DOCUMENTS, Documents
from groupgate.app.protocol.request_error import INVALID, UNPARSED, Reason, RequestError
from groupgate.schema.guardrails import DocumentLimits


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """A small schema."""
    return build_schema(
        "type Query { value(number: Int, colour: Colour): Int } enum Colour { RED }"
    )


def documents_of(
    schema: GraphQLSchema, *, introspection: bool = True, suggestions: bool = True
) -> Documents:
    """Make documents with the default limits."""
    return Documents(schema, DocumentLimits(), introspection=introspection, suggestions=suggestions)


def rejection_of(documents: Documents, text: str) -> tuple[Reason, list[tuple[str, str]]]:
    """Return why a text is rejected: the reason, and the code and message of each error."""
    with pytest.raises(RequestError) as caught:
        documents.read(text)
    errors = caught.value.errors
    return caught.value.reason, [(one["extensions"]["code"], one["message"]) for one in errors]


def test_a_document_is_parsed_once(schema: GraphQLSchema) -> None:
    documents = documents_of(schema)
    assert documents.read("{ value }") is documents.read("{ value }")


def test_the_cache_is_bounded_by_documents(schema: GraphQLSchema) -> None:
    documents = documents_of(schema)
    texts = [f"query A{number} {{ value }}" for number in range(MAX_CACHED_DOCUMENTS + 1)]
    first, second, *_ = [documents.read(text) for text in texts]
    assert documents.read(texts[-1]) is documents.read(texts[-1])
    assert documents.read(texts[1]) is second
    assert documents.read(texts[0]) is not first


def test_the_cache_is_bounded_by_characters(schema: GraphQLSchema) -> None:
    documents = documents_of(schema)
    texts = [f"query A{number} {{ value }}" + " " * 60_000 for number in range(9)]
    first = documents.read(texts[0])
    eight = [documents.read(text) for text in texts[1:]]
    assert 8 * len(texts[0]) < MAX_CACHED_CHARACTERS < 9 * len(texts[0])
    assert [documents.read(text) for text in texts[1:]] == eight
    assert documents.read(texts[0]) is not first


def test_errors_have_a_code_and_locations(schema: GraphQLSchema) -> None:
    with pytest.raises(RequestError) as caught:
        documents_of(schema).read("{\n  a\n  b\n}")
    assert caught.value.reason is INVALID
    code = {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert caught.value.errors == [
        {
            "message": f"Cannot query field '{name}' on type 'Query'.",
            "locations": [{"line": line, "column": 3}],
            "extensions": code,
        }
        for name, line in (("a", 2), ("b", 3))
    ]


def test_a_document_over_a_limit_is_not_validated(schema: GraphQLSchema) -> None:
    text = "{" + " ".join(f"a{number}: wrong" for number in range(200)) + "}"
    reason, errors = rejection_of(documents_of(schema), text)
    assert reason is INVALID
    assert [code for code, _ in errors] == ["DOCUMENT_TOO_COMPLEX"]


HINTS = {
    "field": ("{ valu }", "Cannot query field 'valu' on type 'Query'.", "'value'"),
    "argument": (
        "{ value(numer: 1) }",
        "Unknown argument 'numer' on field 'Query.value'.",
        "'number'",
    ),
    "enum value": (
        "{ value(colour: REDD) }",
        "Value 'REDD' does not exist in 'Colour' enum.",
        "the enum value 'RED'",
    ),
    "type": ("query ($a: Colou) { value(colour: $a) }", "Unknown type 'Colou'.", "'Colour'"),
    "directive": ("{ value @skp(if: true) }", "Unknown directive '@skp'.", ""),
}


@pytest.mark.parametrize(("text", "message", "hint"), HINTS.values(), ids=HINTS)
def test_suggestions_can_be_disabled(
    schema: GraphQLSchema, text: str, message: str, hint: str
) -> None:
    code = "GRAPHQL_VALIDATION_FAILED"
    suggestion = f" Did you mean {hint}?" if hint else ""
    open_ = rejection_of(documents_of(schema), text)
    closed = rejection_of(documents_of(schema, suggestions=False), text)
    assert open_ == (INVALID, [(code, message + suggestion)])
    assert closed == (INVALID, [(code, message)])


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ a: __type(name: "Query") { name } }',
        "{ ...A } fragment A on Query { ... { __schema { types { name } } } }",
    ],
)
def test_introspection_can_be_disabled(schema: GraphQLSchema, text: str) -> None:
    assert documents_of(schema).read(text)
    found = rejection_of(documents_of(schema, introspection=False), text)
    assert found == (INVALID, [("INTROSPECTION_DISABLED", "Introspection is disabled.")])


def test_typename_is_not_introspection(schema: GraphQLSchema) -> None:
    assert documents_of(schema, introspection=False).read("{ __typename }")


def test_syntax_errors_have_their_own_code(schema: GraphQLSchema) -> None:
    found = rejection_of(documents_of(schema), "{ value")
    message = "Syntax Error: Expected Name, found <EOF>."
    assert found == (UNPARSED, [("GRAPHQL_PARSE_FAILED", message)])
