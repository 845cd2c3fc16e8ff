"""Validation compares a limited number of overlapping fields."""

from graphql import parse, specified_rules, validate

from groupgate.schema.guardrails import DocumentLimits, validation_rules
from tests.schema.guardrails.helpers import exceeded, schema, validation_errors

TWICE = "{providers{id} providers{id name}}"


def test_all_rules_of_the_specification_apply() -> None:
    rules = validation_rules(DocumentLimits())
    assert len(rules) == len(specified_rules)
    assert sum(rule not in specified_rules for rule in rules) == 1


def test_fields_that_are_selected_twice_are_accepted() -> None:
    assert validation_errors(TWICE) == []


def test_fields_that_cannot_be_merged_are_refused() -> None:
    (error,) = validation_errors("{providers{a:id a:name}}")
    assert "'a' conflict" in error.message


def test_too_many_fields_to_compare_are_refused_and_validation_is_aborted() -> None:
    first, last = validation_errors("{" + "__typename " * 390 + "}")
    assert exceeded(first) == [("comparisons", 20_001, 20_000)]
    assert first.message.startswith(
        "The document selects the same fields too many times in one place"
    )
    assert last.message == "Validation aborted."


def test_the_limit_can_be_set() -> None:
    rules = validation_rules(DocumentLimits(comparisons=1))
    assert exceeded(validate(schema(), parse(TWICE), rules)[0]) == [("comparisons", 2, 1)]


def test_validation_aborted_for_another_reason_does_not_report_the_limit() -> None:
    document = parse("{a:__typename a:providers{id}}")
    errors = validate(schema(), document, validation_rules(DocumentLimits()), max_errors=0)
    assert [each.message for each in errors] == [
        "Too many validation errors, error limit reached. Validation aborted."
    ]
