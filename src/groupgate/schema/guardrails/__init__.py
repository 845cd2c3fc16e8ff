"""What a document may ask for: its size, its shape and its cost, told before anything is run.

Once for each document: `check_text` before it is parsed, `check_document` before it is validated,
and its validation by `validation_rules`. Once for each request: `examine` before it is executed.
"""

from groupgate.schema.guardrails.cost import Cost
from groupgate.schema.guardrails.examine import Examined, check_document, examine
from groupgate.schema.guardrails.lexical import check_text
from groupgate.schema.guardrails.limits import DocumentLimits
from groupgate.schema.guardrails.merging import validation_rules

__all__ = [
    "Cost",
    "DocumentLimits",
    "Examined",
    "check_document",
    "check_text",
    "examine",
    "validation_rules",
]
