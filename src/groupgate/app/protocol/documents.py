"""Documents: parsed, held against the limits and validated once, then kept for next time."""

from contextlib import suppress
from typing import Final

from cachetools import LRUCache
from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    parse,
    specified_rules,
    validate,
)

from groupgate.app.protocol.request_error import INVALID, UNPARSED, RequestError
from groupgate.app.protocol.rules import NoEmptySelections, NoIntrospection
from groupgate.schema.guardrails import DocumentLimits, check_document, check_text

MOST_ERRORS: Final = 20
"""As many errors of one document are told together."""

# A parsed document takes some 300 bytes for each character of its text.
MOST_KEPT: Final = 1_000
MOST_CHARACTERS_KEPT: Final = 500_000


class Documents:
    """Turns texts into documents that may be executed on one schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        introspection: bool,
        suggestions: bool,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._suggestions = suggestions
        self._rules: list[type[ASTValidationRule]] = [*specified_rules, NoEmptySelections]
        if not introspection:
            self._rules.append(NoIntrospection)
        self._kept: LRUCache[str, DocumentNode] = LRUCache(MOST_CHARACTERS_KEPT, _weight)

    def read(self, text: str) -> DocumentNode:
        """Return the document of a text; refuse one that is not valid or breaks the limits."""
        document = self._kept.get(text)
        if document is None:
            document = self._read_anew(text)
            with suppress(ValueError):  # it is larger than all that may be kept
                self._kept[text] = document
        return document

    def _read_anew(self, text: str) -> DocumentNode:
        too_long = check_text(text, self._limits)
        if too_long:
            raise RequestError.of(INVALID, [too_long])
        document = _parse(text, self._limits.tokens)
        # In this order: validation takes long over what the limits forbid.
        errors = check_document(self._schema, document, self._limits) or validate(
            self._schema,
            document,
            self._rules,
            max_errors=MOST_ERRORS,
            hide_suggestions=not self._suggestions,
        )
        if errors:
            raise RequestError.of(INVALID, errors)
        return document


def _parse(text: str, most_tokens: int) -> DocumentNode:
    try:
        return parse(text, max_lexical_tokens=most_tokens)
    except GraphQLError as error:
        raise RequestError.of(UNPARSED, [error]) from None


def _weight(document: DocumentNode) -> int:
    """Weigh a document by its text; the least weight is what bounds the number of documents."""
    length = len(document.loc.source.body) if document.loc else 0
    return max(length, MOST_CHARACTERS_KEPT // MOST_KEPT)
