"""Limits on documents, the errors for exceeding them, and the check of a text before parsing."""

from dataclasses import dataclass
from typing import Final

from graphql import GraphQLError

from groupgate.schema.guardrails.lexer import TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document and the most expensive operation that the gateway accepts.

    With the defaults, parsing, checking and validating any document takes at most 20 ms (measured,
    `benchmarks/documents_at_limits.py`). They leave room for common documents: introspection with
    all options has 191 tokens and 232 fields in 15 levels; a thousand ids written into a document
    are a thousand tokens.
    """

    characters: int = 65_536
    """Length of the text, including comments and white space."""
    tokens: int = 1_500
    r"""Names, numbers, strings, punctuators, comments, and escapes such as `\u{1F600}`."""
    lines: int = 1_500
    """Lines, those of block strings too. The position of each error is counted in lines."""
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
    comparisons: int = 2_000
    """Steps that validation may take to compare fields that have the same response name, but not
    the same name, arguments and type."""
    fragment_steps: int = 3_000
    """Steps that validation may take through fragments, for each operation again."""
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


_BRACKET_STEPS: Final = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}


def check_text(text: str, limits: DocumentLimits) -> int:
    r"""Return the number of tokens; raise GraphQLError for the first limit that the text exceeds.

    Comments and escapes such as `\u{1F600}` count as tokens, because they take as long.
    """
    if len(text) > limits.characters:
        raise count_exceeded("characters", len(text), limits.characters, "characters")
    tokens = brackets = 0
    for match in TOKEN.finditer(text):
        token = match[match.lastgroup or 0]
        tokens += token != ""
        tokens += token.count("\\u{")
        brackets += _BRACKET_STEPS.get(token, 0)
        if tokens > limits.tokens:
            raise count_exceeded("tokens", tokens, limits.tokens, "tokens or more")
        if brackets > limits.brackets:
            raise count_exceeded(
                "brackets", brackets, limits.brackets, "levels of brackets or more"
            )
    lines = 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
    if lines > limits.lines:
        raise count_exceeded("lines", lines, limits.lines, "lines")
    return tokens
