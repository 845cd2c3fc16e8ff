"""Validation rules with a limit on the one rule that takes quadratic time.

The rule compares all fields with the same response name in pairs. graphql-core stops it after half
a million steps, which takes more than a second; common documents take some hundreds of steps.
"""

from collections.abc import Sequence
from typing import Any

from graphql import (
    ASTValidationRule,
    GraphQLError,
    OverlappingFieldsCanBeMergedRule,
    specified_rules,
)
from graphql.validation import ValidationContext
from graphql.validation.validate import ValidationAbortedError

from groupgate.schema.guardrails.limits import DocumentLimits, limit_exceeded


def validation_rules(limits: DocumentLimits) -> Sequence[type[ASTValidationRule]]:
    """Return the specified rules, with `limits.comparisons` applied.

    The call creates a class: call it once, not once per document.
    """

    class LimitedRule(OverlappingFieldsCanBeMergedRule):
        """Overlapping fields can be merged, and comparing them takes a limited number of steps."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.comparisons

        def enter_selection_set(self, *args: Any) -> None:
            """Compare the fields; report an error if the steps are used up."""
            try:
                super().enter_selection_set(*args)
            except ValidationAbortedError:
                # Validation is also aborted when there are too many errors.
                if self.rule_context.remaining_complexity_budget < 0:
                    self.report_error(_too_many_comparisons(limits.comparisons))
                raise

    return tuple(
        LimitedRule if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    )


def _too_many_comparisons(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "comparisons",
        allowed + 1,
        allowed,
        "The document selects the same fields too many times in one place; select each field once.",
    )
