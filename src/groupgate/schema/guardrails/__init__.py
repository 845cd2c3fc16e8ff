"""Limits on the size, shape and cost of GraphQL documents, checked before execution.

Once for each document, in this order: `check_text`, `parse_document`, `check_document` and
`Validator.validate`. For each request, unless the cost of equal variables
is known: `examine` before execution.
"""

from groupgate.schema.guardrails.cost import Cost
from groupgate.schema.guardrails.limits import (
    DocumentLimits,
    Examination,
    check_document,
    examine,
)
from groupgate.schema.guardrails.rules import NoEmptySelections, NoIntrospection
from groupgate.schema.guardrails.validation import (
    MAX_ERRORS,
    Validator,
    check_text,
    count_tokens,
    parse_document,
)

__all__ = [
    "MAX_ERRORS",
    "Cost",
    "DocumentLimits",
    "Examination",
    "NoEmptySelections",
    "NoIntrospection",
    "Validator",
    "check_document",
    "check_text",
    "count_tokens",
    "examine",
    "parse_document",
]
