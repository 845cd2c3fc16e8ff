"""Documents: parsed once, cached within bounds; introspection and suggestions can be disabled."""

from sys import getsizeof
from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSchema, build_schema

from groupgate.app.protocol.documents import (
    BYTES_PER_TOKEN,
    DOCUMENT_OVERHEAD,
    MAX_CACHED_BYTES,
    MAX_COSTS,
    Documents,
    select_operation,
)
from groupgate.app.protocol.request_error import INVALID, UNPARSED, Reason, RequestError
from groupgate.schema import build
from groupgate.schema.guardrails import DocumentLimits, Examination, examine

pytestmark = pytest.mark.anyio

CATALOGUE = build.build_schema()._schema


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """A small schema."""
    return build_schema(
        """
        type Query { value(number: Int, colour: Colour): Int, node: Node }
        enum Colour { RED }
        interface Node { id: ID }
        type Group implements Node { id: ID, name: String }
        type Product implements Node { id: ID, sku: String }
        """
    )


def documents_of(
    schema: GraphQLSchema, *, introspection: bool = True, suggestions: bool = True
) -> Documents:
    """Make documents with the default limits."""
    return Documents(schema, DocumentLimits(), introspection=introspection, suggestions=suggestions)


async def read(documents: Documents, text: str, charged: list[int] | None = None) -> DocumentNode:
    """Read a document, and append the points that it is charged to `charged`."""

    async def charge(points: int) -> None:
        if charged is not None:
            charged.append(points)

    return (await documents.read(text, charge)).node


async def rejection_of(documents: Documents, text: str) -> tuple[Reason, list[tuple[str, str]]]:
    """Return why a text is rejected: the reason, and the code and message of each error."""
    with pytest.raises(RequestError) as caught:
        await read(documents, text)
    errors = caught.value.errors
    return caught.value.reason, [(one["extensions"]["code"], one["message"]) for one in errors]


async def test_a_document_is_parsed_once(schema: GraphQLSchema) -> None:
    documents = documents_of(schema)
    assert await read(documents, "{ value }") is await read(documents, "{ value }")


async def test_the_cache_is_bounded_by_the_estimated_memory_of_documents(
    schema: GraphQLSchema,
) -> None:
    documents = documents_of(schema)
    tokens = 3 + 400 + 1
    texts = [f"query A{number:03} {{{' value' * 400}}}" for number in range(102)]
    size = DOCUMENT_OVERHEAD + getsizeof(texts[0]) + BYTES_PER_TOKEN * tokens
    kept = MAX_CACHED_BYTES // size
    assert kept == 101
    first, second, *_ = [await read(documents, text) for text in texts]
    assert await read(documents, texts[1]) is second
    assert await read(documents, texts[0]) is not first


async def test_the_text_of_a_document_counts_as_memory(schema: GraphQLSchema) -> None:
    documents = documents_of(schema)
    texts = [f"query A{number:03} {{ value }}" + " " * 65_000 for number in range(243)]
    size = DOCUMENT_OVERHEAD + getsizeof(texts[0]) + BYTES_PER_TOKEN * 5
    kept = MAX_CACHED_BYTES // size
    assert kept == 242
    first, second, *_ = [await read(documents, text) for text in texts]
    assert await read(documents, texts[1]) is second
    assert await read(documents, texts[0]) is not first


async def test_errors_have_a_code_and_locations(schema: GraphQLSchema) -> None:
    with pytest.raises(RequestError) as caught:
        await read(documents_of(schema), "{\n  a\n  b\n}")
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


async def test_a_document_over_a_limit_is_not_validated(schema: GraphQLSchema) -> None:
    text = "{" + " ".join(f"a{number}: wrong" for number in range(200)) + "}"
    reason, errors = await rejection_of(documents_of(schema), text)
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
async def test_suggestions_can_be_disabled(
    schema: GraphQLSchema, text: str, message: str, hint: str
) -> None:
    code = "GRAPHQL_VALIDATION_FAILED"
    suggestion = f" Did you mean {hint}?" if hint else ""
    open_ = await rejection_of(documents_of(schema), text)
    closed = await rejection_of(documents_of(schema, suggestions=False), text)
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
async def test_introspection_can_be_disabled(schema: GraphQLSchema, text: str) -> None:
    assert await read(documents_of(schema), text)
    found = await rejection_of(documents_of(schema, introspection=False), text)
    assert found == (INVALID, [("INTROSPECTION_DISABLED", "Introspection is disabled.")])


async def test_typename_is_not_introspection(schema: GraphQLSchema) -> None:
    assert await read(documents_of(schema, introspection=False), "{ __typename }")


async def test_syntax_errors_have_their_own_code(schema: GraphQLSchema) -> None:
    found = await rejection_of(documents_of(schema), "{ value")
    message = "Syntax Error: Expected Name, found <EOF>."
    assert found == (UNPARSED, [("GRAPHQL_PARSE_FAILED", message)])


async def test_fifty_tokens_of_a_document_cost_a_point(schema: GraphQLSchema) -> None:
    documents, charged = documents_of(schema), list[int]()
    for tokens in (3, 49, 50, 99, 100, 1_500):
        await read(documents, "{ value " + "#\n" * (tokens - 3) + "}", charged)
    assert charged == [0, 0, 1, 1, 2, 30]


async def test_a_cached_document_costs_nothing(schema: GraphQLSchema) -> None:
    documents, charged = documents_of(schema), list[int]()
    text = "{ value " + "#\n" * 100 + "}"
    for _ in range(2):
        await read(documents, text, charged)
    assert charged == [2]


@pytest.mark.parametrize("text", ["{ value " + "# {\n" * 100, "{ nope " + "#\n" * 100 + "}"])
async def test_an_invalid_document_is_charged_each_time(schema: GraphQLSchema, text: str) -> None:
    documents, charged = documents_of(schema), list[int]()
    for _ in range(2):
        with pytest.raises(RequestError):
            await read(documents, text, charged)
    assert charged == [2, 2]


async def test_a_text_over_a_limit_costs_nothing_more(schema: GraphQLSchema) -> None:
    """Its tokens are counted, but it is not parsed."""
    charged = list[int]()
    with pytest.raises(RequestError) as caught:
        await read(documents_of(schema), "{ value " + "# {\n" * 1_500, charged)
    assert [error["extensions"]["limit"] for error in caught.value.errors] == ["tokens"]
    assert charged == []


async def test_the_limit_on_comparisons_applies(schema: GraphQLSchema) -> None:
    fields = "... on Group { a: name } ... on Product { a: sku } " * 40
    _, errors = await rejection_of(documents_of(schema), f"{{ node {{ {fields} }} }}")
    message = (
        "The document selects the same fields too many times in one place; select each field once."
    )
    assert errors == [
        ("DOCUMENT_TOO_COMPLEX", message),
        ("GRAPHQL_VALIDATION_FAILED", "Validation aborted."),
    ]


async def test_the_cost_of_an_operation_is_estimated_once_for_equal_page_sizes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ids do not change the cost; the size of a page and the length of a list of ids do."""
    documents = Documents(CATALOGUE, DocumentLimits(), introspection=True, suggestions=True)
    text = """
    query ($id: ID!, $ids: [ID!]!, $first: Int) {
      group(id: $id) { products(first: $first) { nodes { name } } }
      nodes(ids: $ids) { id }
    }
    """

    async def free(_points: int) -> None:
        return None

    document = await documents.read(text, free)
    operation = select_operation(document.node, None)
    estimated: list[object] = []

    def record(*arguments: Any) -> Examination:
        estimated.append(arguments[3])
        return examine(*arguments)

    monkeypatch.setattr("groupgate.app.protocol.documents.examine", record)
    given: list[dict[str, object]] = [
        {"id": "a", "ids": ["b"], "first": 5},
        {"id": "c", "ids": ["d"], "first": 5, "unused": 7},
        {"id": "a", "ids": ["b"], "first": 6},
        {"id": "a", "ids": ["b", "b"], "first": 5},
        {"id": "a", "ids": ["b"]},
        {"id": "a", "ids": ["b"], "first": True},
        {"id": "a", "ids": ["b"], "first": 1},
    ]
    costs = [document.cost(operation, variables) for variables in given]
    assert estimated == [given[index] for index in (0, 2, 3, 4, 5, 6)]
    expected = [
        examine(CATALOGUE, document.node, operation, variables, DocumentLimits()).cost
        for variables in given
    ]
    assert costs == expected


async def test_the_costs_of_a_document_are_bounded() -> None:
    """More page sizes than are kept only cost another estimate."""
    documents = Documents(CATALOGUE, DocumentLimits(), introspection=True, suggestions=True)

    async def free(_points: int) -> None:
        return None

    text = "query ($first: Int) { groups: providers { products(first: $first) { totalCount } } }"
    document = await documents.read(text, free)
    operation = select_operation(document.node, None)
    for first in range(1, 4 * MAX_COSTS):
        document.cost(operation, {"first": first})
        assert len(document._costs) <= MAX_COSTS
