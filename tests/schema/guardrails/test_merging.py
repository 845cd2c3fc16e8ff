"""Validation does not compare fields without end."""

from graphql import parse, specified_rules, validate

from groupgate.schema.guardrails import DocumentLimits, validation_rules
from tests.schema.guardrails.asking import refusals, schema, told

TWICE = "{providers{id} providers{id name}}"


def test_all_rules_of_the_specification_are_kept() -> None:
    rules = validation_rules(DocumentLimits())
    assert len(rules) == len(specified_rules)
    assert sum(rule not in specified_rules for rule in rules) == 1


def test_fields_selected_twice_are_merged() -> None:
    assert refusals(TWICE) == []


def test_fields_that_cannot_be_merged_are_told() -> None:
    (error,) = refusals("{providers{a:id a:name}}")
    assert "'a' conflict" in error.message


def test_too_many_to_compare_are_refused_and_validation_ends() -> None:
    first, last = refusals("{" + "__typename " * 390 + "}")
    assert told(first) == [("comparisons", 20_001, 20_000)]
    assert first.message.startswith("The document selects the same fields in too many places")
    assert last.message == "Validation aborted."


def test_the_limit_can_be_set() -> None:
    rules = validation_rules(DocumentLimits(comparisons=1))
    assert told(validate(schema(), parse(TWICE), rules)[0]) == [("comparisons", 2, 1)]


def test_other_ends_of_validation_are_not_mistaken_for_it() -> None:
    document = parse("{a:__typename a:providers{id}}")
    errors = validate(schema(), document, validation_rules(DocumentLimits()), max_errors=0)
    assert [each.message for each in errors] == [
        "Too many validation errors, error limit reached. Validation aborted."
    ]
