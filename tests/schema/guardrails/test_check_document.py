"""Depth, fields, aliases and directives are counted as if fragments were expanded."""

import pytest
from graphql import get_introspection_query, parse

from groupgate.schema.guardrails import Cost, DocumentLimits, check_document
from tests.schema.guardrails.helpers import cost, examination, exceeded, schema, validation_errors

LOW = DocumentLimits(depth=2, fields=4, aliases=1, directives=1, introspections=0, operations=1)

DOUBLING = (
    "{...F0}"
    + "".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(18))
    + "fragment F18 on Query{a:__typename @skip(if:false)}"
)


def exceeded_by(text: str, limits: DocumentLimits | None = None) -> list[tuple[str, int, int]]:
    """Return the limits that a document exceeds before validation."""
    return exceeded(*check_document(schema(), parse(text), limits or DocumentLimits()))


def test_all_exceeded_limits_are_reported_together() -> None:
    text = "{providers{a:key b:status{state @skip(if:true) @a since}} __schema{__typename}}"
    assert exceeded_by(text, LOW) == [
        ("depth", 3, 2),
        ("fields", 7, 4),
        ("aliases", 2, 1),
        ("directives", 2, 1),
        ("introspections", 1, 0),
    ]


def test_a_document_at_the_limits_is_accepted() -> None:
    assert exceeded_by("{providers{a:key @skip(if:true) name supports id}}", LOW) == [
        ("fields", 5, 4)
    ]
    assert exceeded_by("{providers{a:key @skip(if:true) name id}}", LOW) == []


def test_an_error_reports_the_found_and_the_allowed_number() -> None:
    (error,) = check_document(schema(), parse("{providers{status{state}}}"), LOW)
    assert error.message == "The document has 3 levels of fields; at most 2 are allowed."
    assert error.extensions == {
        "code": "DOCUMENT_TOO_COMPLEX",
        "limit": "depth",
        "found": 3,
        "allowed": 2,
    }


@pytest.mark.parametrize(
    "text",
    [
        "query @a @b{providers{id}}",
        "query($x:Int@a@b){providers{id}}",
        "{providers{id@a@b}}",
        "{...@a@b{providers{id}}}",
        "{...F@a@b}fragment F on Query{providers{id}}",
        "{...F}fragment F on Query@a@b{providers{id}}",
    ],
)
def test_directives_count_in_every_location(text: str) -> None:
    assert exceeded_by(text, LOW) == [("directives", 2, 1)]


def test_a_fragment_counts_at_each_place_with_the_greatest_depth() -> None:
    text = (
        "{...F providers{...P}} fragment F on Query{providers{...P}} fragment P on Provider{a:id}"
    )
    assert exceeded_by(text, LOW) == [("aliases", 2, 1)]
    assert exceeded_by(text.replace("a:id", "status{state}"), LOW) == [
        ("depth", 3, 2),
        ("fields", 6, 4),
    ]


def test_inline_fragments_do_not_add_a_level() -> None:
    assert exceeded_by("{...{...on Query{providers{...{id}}}}}", LOW) == []


def test_exponentially_nested_fragments_are_counted_without_expanding_them() -> None:
    assert len(DOUBLING) < 800
    assert exceeded_by(DOUBLING) == [
        ("fields", 2**18, 400),
        ("aliases", 2**18, 100),
        ("directives", 2**18, 100),
    ]


def test_counting_stops_at_a_billion() -> None:
    doubling = "".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(100))
    text = f"{{...F0}}{doubling}fragment F100 on Query{{__typename}}"
    assert exceeded_by(text) == [("fields", 1_000_000_000, 400)]


def test_too_many_operations_are_refused() -> None:
    text = " ".join(f"query A{i}{{__typename}}" for i in range(21))
    assert exceeded(*validation_errors(text)) == [("operations", 21, 20)]


def test_a_long_chain_of_fragments_causes_no_recursion() -> None:
    links = "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(5_000))
    assert exceeded_by(f"{{...F0}}{links}fragment F5000 on Query{{__typename}}") == []


@pytest.mark.parametrize(
    "text",
    [
        "{...A}fragment A on Query{...A}",
        "{...A}fragment A on Query{...B ...B}fragment B on Query{...A ...A providers{id}}",
        "fragment A on Query{...B}fragment B on Query{...A}",
        "{...Missing}",
        "{...on Missing{a{b}}}",
        "{a{b(first:1){c}}}",
        "subscription{a{b}}",
        "type A{b:Int}",
        "{providers{}}",
    ],
)
def test_an_invalid_document_can_be_measured(text: str) -> None:
    assert exceeded_by(text) == []


def test_all_operations_and_unused_fragments_are_counted_together() -> None:
    text = "query A{a:__typename} query B{__typename} fragment C on Query{b:__typename}"
    assert exceeded_by(text, LOW) == [("operations", 2, 1), ("aliases", 2, 1)]


def test_a_request_is_checked_for_its_own_operation_only() -> None:
    text = "query A{providers{name}} fragment C on Query{b:__typename c:__typename}"
    document = parse(text.replace("query A", "{a:__typename b:__typename} query A"))
    assert exceeded(*check_document(schema(), document, LOW)) == [
        ("operations", 2, 1),
        ("fields", 6, 4),
        ("aliases", 4, 1),
    ]
    assert exceeded(*examination("query A{providers{name}}", LOW).errors) == []


def test_too_many_aliases_are_refused() -> None:
    text = "{" + "".join(f"a{i}:__typename " for i in range(370)) + "}"
    assert exceeded(*validation_errors(text)) == [("aliases", 370, 100)]
    assert exceeded(*validation_errors(text * 100)) == [("characters", 581_200, 65_536)]


def test_too_many_directives_are_refused() -> None:
    assert exceeded(*validation_errors("{__typename" + " @a" * 700 + "}")) == [
        ("directives", 700, 100)
    ]


def test_deep_nesting_is_refused() -> None:
    text = "{group(id:1){" + "collection{provider{" * 10 + "id" + "}" * 22
    assert exceeded(*validation_errors(text)) == [("depth", 22, 20)]


@pytest.mark.parametrize("options", [[False] * 7, [True] * 7], ids=["short", "long"])
def test_the_standard_introspection_query_is_accepted_and_costs_nothing(
    options: list[bool],
) -> None:
    text = get_introspection_query(*options)
    assert validation_errors(text) == []
    assert cost(text) == Cost(rows=0, upstream_calls=0, points=0)


SEVEN_LEVELS = """
query IntrospectionQuery { __schema { queryType { name } mutationType { name } types { ...T } } }
fragment T on __Type {
  kind name
  fields(includeDeprecated: true) { name args { ...I } type { ...R } } inputFields { ...I }
  interfaces { ...R } enumValues(includeDeprecated: true) { name } possibleTypes { ...R }
}
fragment I on __InputValue { name type { ...R } defaultValue }
fragment R on __Type {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
    kind name ofType { kind name ofType { kind name } }
  } } } } }
}
"""
FEATURES = """
query SubscriptionIntrospection {
  a: __type(name: "Query") { name fields { name } }
  b: __type(name: "Directive") { fields(includeDeprecated: true) { name } }
}
"""


@pytest.mark.parametrize("text", ["query { __typename }", FEATURES, SEVEN_LEVELS])
def test_the_introspection_queries_of_other_tools_are_accepted_and_cost_nothing(text: str) -> None:
    assert validation_errors(text) == []
    assert cost(text).points == 0


def test_the_number_of_introspection_fields_is_limited() -> None:
    text = "{" + "".join(f"a{i}:__schema{{types{{name}}}}" for i in range(11)) + "}"
    assert exceeded(*validation_errors(text)) == [("introspections", 11, 10)]
