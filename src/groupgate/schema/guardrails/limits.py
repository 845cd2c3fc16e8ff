"""Limits on documents, the errors for exceeding them, and the check of a text before parsing."""

import re
from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document and the most expensive operation that the gateway accepts.

    With the defaults, parsing and validating any document takes less than 100 ms. They leave room
    for common documents: introspection with all options has 191 tokens and 232 fields in 15
    levels; a thousand ids written into a document are a thousand tokens.
    """

    characters: int = 65_536
    """Length of the text, including comments and white space."""
    tokens: int = 1_500
    """Names, numbers, strings, punctuators and comments."""
    brackets: int = 64
    """Nested brackets of any kind."""
    operations: int = 20
    """Operations. Validation checks all fragments again for each operation."""
    depth: int = 20
    """Nested fields, with fragments expanded."""
    fields: int = 400
    """Fields, with fragments expanded. The next three limits are counted in the same way."""
    aliases: int = 100
    """Fields with an alias."""
    directives: int = 100
    """Directives."""
    introspections: int = 10
    """`__schema` and `__type` fields. They cost no points, but their results are long."""
    comparisons: int = 20_000
    """Steps that validation may take to compare fields that are selected more than once."""
    points: int = 100_000
    """Cost of one operation, see `Cost.points`."""


def limit_exceeded(limit: str, found: int, allowed: int, message: str) -> GraphQLError:
    """Return the error for a document that exceeds a limit.

    `limit` is the name of a field of `DocumentLimits`.
    """
    extensions = {
        "code": "DOCUMENT_TOO_COMPLEX",
        "limit": limit,
        "found": found,
        "allowed": allowed,
    }
    return GraphQLError(message, extensions=extensions)


def count_exceeded(limit: str, found: int, allowed: int, noun: str) -> GraphQLError:
    """Return the error for a document that has too many of something; `noun` is in the plural."""
    message = f"The document has {found:,} {noun}; at most {allowed:,} are allowed."
    return limit_exceeded(limit, found, allowed, message)


# Each character is matched by exactly one alternative and no repetition backtracks, so the time is
# linear in the length of any text. If the text is malformed, the parser stops at that position, so
# the count of tokens after it does not matter.
_TOKEN: Final = re.compile(
    r"""
    [ \t\n\r,\ufeff]*+                                          # ignored by the language
    (
        [_A-Za-z][_0-9A-Za-z]*+                                 # name
      | [!$&():=@\[\]{}|]                                       # punctuator
      | \.\.\.                                                  # spread
      | "{3}(?:[^"\\]++|\\"{3}|\\|"(?!""))*+(?:"{3}|\Z)          # block string
      | "(?:[^"\\\n\r]++|\\[^\n\r])*+"?                         # string
      | -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)? # number
      | \#[^\n\r]*+                                             # comment
      | .                                                       # not a token
      | \Z
    )
    """,
    re.VERBOSE | re.DOTALL,
)

_BRACKET_STEPS: Final = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}


def check_text(text: str, limits: DocumentLimits) -> GraphQLError | None:
    """Return an error for the first limit that the text exceeds; None if it exceeds none.

    Counting stops at the first exceeded limit. Comments count as tokens, because the parser needs
    as long for a comment as for a token.
    """
    if len(text) > limits.characters:
        return count_exceeded("characters", len(text), limits.characters, "characters")
    tokens = brackets = 0
    for match in _TOKEN.finditer(text):
        token = match[1]
        tokens += token != ""
        brackets += _BRACKET_STEPS.get(token, 0)
        if tokens > limits.tokens:
            return count_exceeded("tokens", tokens, limits.tokens, "tokens or more")
        if brackets > limits.brackets:
            return count_exceeded(
                "brackets", brackets, limits.brackets, "levels of brackets or more"
            )
    return None
