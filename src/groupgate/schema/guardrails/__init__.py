"""Limits on the size, shape and cost of GraphQL documents, checked before execution.

Once for each document: `check_text` before parsing, `check_document` before validation, and
validation itself with `validation_rules`. Once for each request: `examine` before execution.
"""

from groupgate.schema.guardrails.cost import Cost
from groupgate.schema.guardrails.limits import DocumentLimits, check_text
from groupgate.schema.guardrails.measure import Examination, check_document, examine
from groupgate.schema.guardrails.overlapping_fields import validation_rules

__all__ = [
    "Cost",
    "DocumentLimits",
    "Examination",
    "check_document",
    "check_text",
    "examine",
    "validation_rules",
]
