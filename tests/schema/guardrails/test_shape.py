"""Depth, fields, aliases, directives: counted with fragments written out, but not by doing so."""

import pytest
from graphql import get_introspection_query, parse

from groupgate.schema.guardrails import Cost, DocumentLimits, check_document
from tests.schema.guardrails.asking import cost, examined, refusals, schema, told

NARROW = DocumentLimits(depth=2, fields=4, aliases=1, directives=1, introspections=0, operations=1)

DOUBLING = (
    "{...F0}"
    + "".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(18))
    + "fragment F18 on Query{a:__typename @skip(if:false)}"
)


def checked(text: str, limits: DocumentLimits | None = None) -> list[tuple[str, int, int]]:
    """Which limits a document breaks before it is validated."""
    return told(*check_document(schema(), parse(text), limits or DocumentLimits()))


def test_everything_broken_is_told_together() -> None:
    text = "{providers{a:key b:status{state @skip(if:true) @a since}} __schema{__typename}}"
    assert checked(text, NARROW) == [
        ("depth", 3, 2),
        ("fields", 7, 4),
        ("aliases", 2, 1),
        ("directives", 2, 1),
        ("introspections", 1, 0),
    ]


def test_what_is_just_allowed_is_allowed() -> None:
    assert checked("{providers{a:key @skip(if:true) name supports id}}", NARROW) == [
        ("fields", 5, 4)
    ]
    assert checked("{providers{a:key @skip(if:true) name id}}", NARROW) == []


def test_an_error_tells_what_was_found_and_what_is_allowed() -> None:
    (error,) = check_document(schema(), parse("{providers{status{state}}}"), NARROW)
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
def test_directives_count_wherever_they_stand(text: str) -> None:
    assert checked(text, NARROW) == [("directives", 2, 1)]


def test_a_fragment_counts_at_each_place_and_as_deep_as_the_deepest() -> None:
    text = (
        "{...F providers{...P}} fragment F on Query{providers{...P}} fragment P on Provider{a:id}"
    )
    assert checked(text, NARROW) == [("aliases", 2, 1)]
    assert checked(text.replace("a:id", "status{state}"), NARROW) == [
        ("depth", 3, 2),
        ("fields", 6, 4),
    ]


def test_inline_fragments_are_no_level() -> None:
    assert checked("{...{...on Query{providers{...{id}}}}}", NARROW) == []


def test_fragments_nested_exponentially_are_summed_up_not_written_out() -> None:
    assert len(DOUBLING) < 800
    assert checked(DOUBLING) == [
        ("fields", 2**18, 400),
        ("aliases", 2**18, 100),
        ("directives", 2**18, 100),
    ]


def test_counting_stops_at_a_billion() -> None:
    doubling = "".join(f"fragment F{i} on Query{{...F{i + 1} ...F{i + 1}}}" for i in range(100))
    text = f"{{...F0}}{doubling}fragment F100 on Query{{__typename}}"
    assert checked(text) == [("fields", 1_000_000_000, 400)]


def test_operations_by_the_dozen_are_refused() -> None:
    text = " ".join(f"query A{i}{{__typename}}" for i in range(21))
    assert told(*refusals(text)) == [("operations", 21, 20)]


def test_a_long_chain_of_fragments_is_no_recursion() -> None:
    links = "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(5_000))
    assert checked(f"{{...F0}}{links}fragment F5000 on Query{{__typename}}") == []


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
def test_a_document_that_is_not_valid_is_measured_all_the_same(text: str) -> None:
    assert checked(text) == []


def test_all_operations_count_together_and_fragments_nobody_uses_too() -> None:
    text = "query A{a:__typename} query B{__typename} fragment C on Query{b:__typename}"
    assert checked(text, NARROW) == [("operations", 2, 1), ("aliases", 2, 1)]


def test_a_request_answers_for_its_own_operation_only() -> None:
    text = "query A{providers{name}} fragment C on Query{b:__typename c:__typename}"
    document = parse(text.replace("query A", "{a:__typename b:__typename} query A"))
    assert told(*check_document(schema(), document, NARROW)) == [
        ("operations", 2, 1),
        ("fields", 6, 4),
        ("aliases", 4, 1),
    ]
    assert told(*examined("query A{providers{name}}", NARROW).errors) == []


def test_aliases_by_the_thousand_are_refused() -> None:
    text = "{" + "".join(f"a{i}:__typename " for i in range(370)) + "}"
    assert told(*refusals(text)) == [("aliases", 370, 100)]
    assert told(*refusals(text * 100)) == [("characters", 581_200, 65_536)]


def test_directives_by_the_thousand_are_refused() -> None:
    assert told(*refusals("{__typename" + " @a" * 700 + "}")) == [("directives", 700, 100)]


def test_deep_nesting_is_refused() -> None:
    text = "{group(id:1){" + "collection{provider{" * 10 + "id" + "}" * 22
    assert told(*refusals(text)) == [("depth", 22, 20)]


@pytest.mark.parametrize("options", [[False] * 7, [True] * 7], ids=["short", "long"])
def test_the_standard_introspection_passes_and_costs_nothing(options: list[bool]) -> None:
    text = get_introspection_query(*options)
    assert refusals(text) == []
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
def test_what_other_tools_ask_for_passes_and_costs_nothing(text: str) -> None:
    assert refusals(text) == []
    assert cost(text).points == 0


def test_introspection_is_free_but_not_without_end() -> None:
    text = "{" + "".join(f"a{i}:__schema{{types{{name}}}}" for i in range(11)) + "}"
    assert told(*refusals(text)) == [("introspections", 11, 10)]
