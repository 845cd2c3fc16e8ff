"""The rules of validation, of which the only quadratic one stops early.

Fields under one response name are compared in pairs. graphql-core stops after half a million
steps, which is more than a second; what people write takes some hundreds.
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

from groupgate.schema.guardrails.limits import DocumentLimits
from groupgate.schema.guardrails.refusal import too_complex


def validation_rules(limits: DocumentLimits) -> Sequence[type[ASTValidationRule]]:
    """Return the rules to validate with; make them once, not for each document."""

    class BoundedRule(OverlappingFieldsCanBeMergedRule):
        """Overlapping fields can be merged, and there are not too many of them."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.comparisons

        def enter_selection_set(self, *args: Any) -> None:
            """Compare the fields; say why if that is given up."""
            try:
                super().enter_selection_set(*args)
            except ValidationAbortedError:
                if self.rule_context.remaining_complexity_budget < 0:
                    self.report_error(_refusal(limits.comparisons))
                raise

    return tuple(
        BoundedRule if rule is OverlappingFieldsCanBeMergedRule else rule
        for rule in specified_rules
    )


def _refusal(allowed: int) -> GraphQLError:
    return too_complex(
        "comparisons",
        allowed + 1,
        allowed,
        "The document selects the same fields in too many places at once; select each only once.",
    )
