"""Errors that every client reports to its caller."""

from typing import Any

UNKNOWN_ID = [
    "The id was not created by this gateway. Send ids exactly as you received them.",
    "BAD_USER_INPUT",
]
NO_SUCH_FIELD = ["Cannot query field 'nothing' on type 'Query'.", "GRAPHQL_VALIDATION_FAILED"]
TOO_LARGE = ["The body has more than 1,048,576 bytes.", "CONTENT_TOO_LARGE"]
BLANK = {
    "__typename": "InvalidInputError",
    "message": "Axim Commerce requires a name for the group.",
    "code": "BLANK",
    "field": ["input", "name"],
}

FAILURES: dict[str, Any] = {
    "refused": [BLANK],
    "partial": [True, None, [UNKNOWN_ID]],
    "invalid": [NO_SUCH_FIELD],
    "tooLarge": [TOO_LARGE],
}
"""A refused mutation, one object of two found, an invalid document, a body that is too large."""
