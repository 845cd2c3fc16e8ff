"""Validation reports the errors of graphql-core, within limits on its slowest rules."""

import pytest
from graphql import (
    ASTValidationRule,
    FieldNode,
    GraphQLError,
    get_introspection_query,
    parse,
    specified_rules,
    validate,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupgate.schema.guardrails import DocumentLimits, Validator, parse_document
from groupgate.schema.guardrails.rules import limited_rules
from tests.schema.guardrails.helpers import exceeded, schema, validation_errors

TWICE = "{providers{id} providers{id name}}"
UNLIMITED = DocumentLimits(comparisons=10**9, fragment_steps=10**9)


def errors_of(text: str, limits: DocumentLimits | None = None) -> list[GraphQLError]:
    """Return the errors of validation alone."""
    return Validator(schema(), limits or DocumentLimits()).validate(parse_document(text))


def test_all_rules_of_the_specification_apply() -> None:
    rules = limited_rules(DocumentLimits())
    assert len(rules) == len(specified_rules)
    assert sum(rule not in specified_rules for rule in rules) == 1


def test_fields_that_are_selected_twice_are_accepted() -> None:
    assert validation_errors(TWICE) == []


def test_fields_that_cannot_be_merged_are_refused() -> None:
    (error,) = validation_errors("{providers{a:id a:name}}")
    assert "'a' conflict" in error.message


REPEATED = {
    "one field": "{" + "__typename " * 390 + "}",
    "a field with selections": "{" + "providers{status{state}}" * 133 + "}",
    "a field of an object": "{providers{" + "id " * 390 + "}}",
    "a field with arguments": "{" + 'node(id:"x"){id}' * 130 + "}",
    "nested fragments": "{...F0}"
    + "".join(f"fragment F{i} on Query{{...F{i + 1} providers{{id}}}}" for i in range(98))
    + "fragment F98 on Query{__typename}",
}


@pytest.mark.parametrize("text", REPEATED.values(), ids=REPEATED)
def test_any_number_of_equal_fields_is_accepted_without_comparisons(text: str) -> None:
    assert validation_errors(text, DocumentLimits(comparisons=0)) == []


def of_two_types(uses: int) -> str:
    """Return a document with two fields of different types under one response name."""
    fragments = "...on Group{x:description} ...on Product{x:name} " * uses
    return f'{{node(id:"x"){{{fragments}}}}}'


def test_fields_of_different_types_are_compared_by_graphql_core() -> None:
    assert validation_errors(of_two_types(20)) == []


def test_too_many_fields_to_compare_are_refused_and_validation_is_aborted() -> None:
    first, last = validation_errors(of_two_types(40))
    assert exceeded(first) == [("comparisons", 2_001, 2_000)]
    assert first.message.startswith(
        "The document selects the same fields too many times in one place"
    )
    assert last.message == "Validation aborted."


def test_the_limit_on_comparisons_can_be_set() -> None:
    first, _ = errors_of(of_two_types(1), DocumentLimits(comparisons=1))
    assert exceeded(first) == [("comparisons", 2, 1)]


def test_equal_fields_are_not_looked_for_in_any_number_of_selections() -> None:
    """Each of 60 fields leads through the same 150 fragments."""
    fields = " ".join(f"a{i}:providers{{...F0}}" for i in range(60))
    links = "".join(f"fragment F{i} on Provider{{...F{i + 1}}}" for i in range(150))
    text = f"{{{fields}}}{links}fragment F150 on Provider{{id}}"
    assert errors_of(text) == []
    first, _ = errors_of(text.replace("id}", "id id}"), DocumentLimits(comparisons=1))
    assert exceeded(first) == [("comparisons", 2, 1)]


def test_too_many_errors_abort_validation_without_reporting_a_limit() -> None:
    errors = errors_of("{" + "a " * 30 + "}")
    assert [each.message for each in errors] == [
        *["Cannot query field 'a' on type 'Query'."] * 20,
        "Too many validation errors, error limit reached. Validation aborted.",
    ]
    assert exceeded(*errors) == []


def sharing(operations: int, uses: int) -> str:
    """Return a document with operations that share a fragment with uses of a variable."""
    named = " ".join(f"query A{i}($v:ID!){{...F}}" for i in range(operations))
    return f"{named} fragment F on Query{{nodes(ids:[{'$v ' * uses}]){{id}}}}"


def test_operations_may_share_a_fragment_with_many_variables() -> None:
    assert validation_errors(sharing(20, 100)) == []


def test_too_many_variables_in_fragments_that_operations_share_are_refused() -> None:
    first, last = validation_errors(sharing(20, 600))
    assert exceeded(first) == [("fragment_steps", 3_001, 3_000)]
    assert first.message == (
        "The document has too many operations that share fragments; send fewer operations."
    )
    assert last.message == "Validation aborted."


def test_a_long_text_gets_fewer_errors() -> None:
    """The whole text is searched for the position of each error."""
    errors = errors_of("{" + "a " * 30 + "}" + " " * 60_000)
    assert [each.message for each in errors] == [
        *["Cannot query field 'a' on type 'Query'."] * 5,
        "Too many validation errors, error limit reached. Validation aborted.",
    ]


def test_a_long_chain_of_fragments_is_validated() -> None:
    links = "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(180))
    assert validation_errors(f"{{...F0}}{links}fragment F180 on Query{{__typename}}") == []


def test_recursion_that_is_too_deep_is_reported() -> None:
    links = "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(5_000))
    errors = errors_of(f"{{...F0}}{links}fragment F5000 on Query{{__typename}}", UNLIMITED)
    assert errors[-1].message == "Validation aborted."


class NoIds(ASTValidationRule):
    """Refuses every field `id`."""

    def enter_field(self, node: FieldNode, *_args: object) -> None:
        """Check one field."""
        if node.name.value == "id":
            self.report_error(GraphQLError("No id.", node))


def test_rules_can_be_added() -> None:
    validator = Validator(schema(), DocumentLimits(), more_rules=[NoIds])
    (error,) = validator.validate(parse_document("{providers{id}}"))
    assert error.message == "No id."


INVALID = {
    "unknown field": "{providers{i}}",
    "unknown argument": '{node(id:"x" name:"y"){id}}',
    "missing argument": "{node{id}}",
    "wrong value": "{node(id:{a:1}){id}}",
    "unknown directive": "{providers @a{id}}",
    "directive twice": "{providers @skip(if:true) @skip(if:true){id}}",
    "misplaced directive": "query @skip(if:true){providers{id}}",
    "unused variable": "query($a:ID $b:Int){nodes(ids:[$a]){id}}",
    "undefined variable": "{nodes(ids:[$a]){id}}",
    "variable in a string": 'query($a:ID){node(id:"$a"){id}}',
    "undefined variable in a fragment": "{...F} fragment F on Query{node(id:$a){id}}",
    "variable in another operation": (
        "query A($a:ID!){...F} query B{...F} fragment F on Query{node(id:$a){id}}"
    ),
    "variable of another type": "query($a:Int!){node(id:$a){id}}",
    "nullable variable": "query($a:ID){node(id:$a){id}}",
    "variable of an unknown type": "query($a:Thing){node(id:$a){id}}",
    "variable of an output type": "query($a:Group){node(id:$a){id}}",
    "variable twice": "query($a:ID! $a:ID!){node(id:$a){id}}",
    "wrong default": "query($a:Int=true){__typename}",
    "unknown fragment": "{...F}",
    "unused fragment": "{__typename} fragment F on Query{__typename}",
    "fragment twice": "{...F} fragment F on Query{__typename} fragment F on Query{__typename}",
    "fragment on a scalar": "{...F} fragment F on ID{a}",
    "fragment on an unknown type": "{... on Thing{a}}",
    "impossible fragment": "{providers{... on Group{id}}}",
    "circle of fragments": "{...F} fragment F on Query{...G} fragment G on Query{...F}",
    "conflicting fields": "{a:providers{id} a:__typename}",
    "conflict in fragments": "{...F ...G} fragment F on Query{a:__typename} fragment G on "
    "Query{a:providers{id}}",
    "operation twice": "query A{__typename} query A{__typename}",
    "anonymous operation beside another": "{__typename} query A{__typename}",
    "no subscriptions": "subscription{a}",
    "type definition": "type A{b:Int}",
    "missing selections": "{providers}",
    "selections of a scalar": "{providers{id{a}}}",
    "argument twice": '{node(id:"x" id:"y"){id}}',
    "input field twice": 'mutation{groupUpdate(id:"x" input:{name:"a" name:"b"}){plan{path}}}',
    "deep introspection": "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}",
}


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_errors_are_those_of_graphql_core(text: str) -> None:
    expected = validate(schema(), parse(text), max_errors=20)
    assert expected
    assert [each.formatted for each in errors_of(text)] == [each.formatted for each in expected]


PARTS = [
    "__typename",
    "a:__typename",
    "a:providers{id}",
    "providers{...P name}",
    "providers{a:id ...{b:name} ...P @include(if:$b)}",
    "...Q",
    "...R",
    "...on Query{a:__typename}",
    "node(id:$a){id ...on Group{name}}",
    "node(id:$a){...on Group{x:description}}",
    "node(id:$a){...on Product{x:name}}",
    "node(id:$a){...on Product{x:status}}",
    "node(id:$a){...on Group{x:collection{id}}}",
    "node(id:$a){...on Provider{x:group(nativeId:{id:1 a:2}){id}}}",
    "node(id:$a){...on Provider{x:group(nativeId:{a:2,id:1}){id}}}",
    "node(id: $a ){...on Product{name x:name ...on Node{x:id}}}",
    "providers{...S}",
    "providers{key:id}",
    "__schema{a:types{name}}",
    "__schema{a:types{b:name}}",
    "__schema{a:types{b:kind}}",
    "...on Missing{a:b}",
    "node(id:$c){id}",
    "nodes(ids:[$a]){id}",
    "missing",
]


@pytest.mark.slow
@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(*[st.lists(st.sampled_from(PARTS), min_size=1, max_size=5).map(" ".join)] * 3)
def test_errors_of_any_document_are_those_of_graphql_core(
    first: str, second: str, third: str
) -> None:
    text = (
        f"query A($a:ID! $b:Boolean!){{{first}}} query B($a:ID){{{second} ...Q}} "
        f"fragment Q on Query{{{third}}} fragment R on Query{{...Q}} "
        "fragment P on Provider{a:key ...S} fragment S on Provider{key ...P}"
    )
    expected = validate(schema(), parse(text), max_errors=20)
    assert [each.formatted for each in errors_of(text)] == [each.formatted for each in expected]


def test_common_documents_are_valid() -> None:
    assert validation_errors(get_introspection_query()) == []
