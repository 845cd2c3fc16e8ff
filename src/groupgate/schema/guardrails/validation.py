"""Parsing and validation of documents in limited time.

graphql-core's lexer reads one character at a time in Python, which takes 10 ms for a string of
64 KiB. This one matches whole tokens with one regular expression, and takes less than 1 ms for any
text.

Some rules of validation look again at all fragments for each operation. graphql-core stops them,
too, but only after a second.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    OperationDefinitionNode,
    Source,
    Token,
    TokenKind,
    TypeInfo,
    ValidationContext,
    visit,
)
from graphql.language.ast import QUERY_DOCUMENT_KEYS
from graphql.language.block_string import dedent_block_string_lines
from graphql.language.parser import Parser
from graphql.pyutils import RefMap
from graphql.validation.validate import ValidationAbortedError
from graphql.validation.validation_context import VariableUsage, VariableUsageVisitor

from groupgate.schema.guardrails.limits import DocumentLimits, count_exceeded, limit_exceeded
from groupgate.schema.guardrails.rules import RuleMethods, RulesVisitor, limited_rules

_STRING: Final = r'"(?:[^"\\\n\r]++|\\[^\n\r])*+'
_BLOCK_STRING: Final = r'"{3}(?:[^"\\]++|\\"{3}|\\|"(?!""))*+'

# Each character is matched by exactly one alternative and no repetition backtracks, so the time is
# linear in the length of any text.
TOKEN: Final = re.compile(
    rf"""
    [ \t\n\r,\ufeff]*+                                                 # ignored by the language
    (?:
        (?P<name> [_A-Za-z][_0-9A-Za-z]*+ )
      | (?P<punctuator> [!$&():=@\[\]{{}}|] | \.\.\. )
      | (?P<block_string> {_BLOCK_STRING}"{{3}} )
      | (?P<string> (?!"{{3}}) {_STRING}" )
      | (?P<number> -?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)? )
      | (?P<comment> \#[^\n\r]*+ )
      | (?P<malformed> {_BLOCK_STRING} | {_STRING} | . )
      | (?P<end> \Z )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
"""Matches one token of any text, and before it the characters that the language ignores."""

_LINE_TERMINATOR: Final = re.compile(r"\r\n|[\n\r]")
_BRACED_ESCAPE: Final = re.compile(
    r"(?<!\\)(?P<backslashes>(?:\\{2})*+)\\u\{(?P<digits>[0-9A-Fa-f]{1,8})\}"
)
_PUNCTUATORS: Final = {kind.value: kind for kind in TokenKind}
_FLOAT_CHARACTERS: Final = re.compile(r"[.eE]")
_BRACKET_STEPS: Final = {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}

MAX_ERRORS: Final = 20
"""The most errors of one document that are reported."""

MAX_SEARCHED_CHARACTERS: Final = 20 * 16_384
"""For the line of each error, graphql-core searches the whole text again, so long texts get fewer
errors."""

# Almost half of all nodes are names, which no rule visits.
_VISITED_KEYS: Final = {
    kind: tuple(key for key in keys if key not in {"alias", "description", "name"})
    for kind, keys in QUERY_DOCUMENT_KEYS.items()
}

_USAGE_METHODS: Final = RuleMethods([VariableUsageVisitor])


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


def count_tokens(text: str) -> int:
    """Return the number of tokens of a text, its start, its end and comments included."""
    return 2 + sum(1 for match in TOKEN.finditer(text) if match[match.lastgroup or 0])


def parse_document(text: str) -> DocumentNode:
    """Parse a text that consists of valid Unicode and has passed `check_text`.

    Raises GraphQLSyntaxError.
    """
    source = Source(text)
    document = Parser(source, lexer=RegexLexer(source)).parse_document()
    _unlink_tokens(document)
    return document


def _unlink_tokens(document: DocumentNode) -> None:
    """Remove the references between tokens, which only the parser needs.

    They are cycles: a document that is no longer cached would stay in memory until Python's garbage
    collector scans its oldest objects, 50 MiB later.
    """
    token = document.loc.start_token if document.loc else None
    while token is not None:
        following = token.next
        token.prev = token.next = None
        token = following


class RegexLexer(Lexer):
    """Finds the same tokens as its base class, which raises the errors for malformed ones."""

    def read_next_token(self, start: int) -> Token:
        """Return the first token after a position."""
        body = self.source.body
        match = TOKEN.match(body, start)
        if match is None or match.lastgroup is None:
            return super().read_next_token(start)
        begin, end = match.span(match.lastgroup)
        if begin > start:
            self._count_lines(start, begin)
        token = body[begin:end]
        value: str | None = token
        match match.lastgroup:
            case "name":
                kind = TokenKind.NAME
            case "punctuator":
                kind, value = _PUNCTUATORS[token], None
            case "number" if not _continues_number(body[end : end + 1]):
                kind = TokenKind.FLOAT if _FLOAT_CHARACTERS.search(token) else TokenKind.INT
            case "comment":
                kind, value = TokenKind.COMMENT, token[1:]
            case "string":
                return self._string(begin, end, token)
            case "block_string":
                return self._block_string(begin, end, token)
            case _:
                return super().read_next_token(begin)
        return self.create_token(kind, begin, end, value)

    def _count_lines(self, begin: int, end: int) -> None:
        for terminator in _LINE_TERMINATOR.finditer(self.source.body, begin, end):
            self.line += 1
            self.line_start = terminator.end()

    def _string(self, begin: int, end: int, token: str) -> Token:
        value = token[1:-1] if "\\" not in token else _unescape(token)
        if value is None:
            return self.read_string(begin)
        return self.create_token(TokenKind.STRING, begin, end, value)

    def _block_string(self, begin: int, end: int, token: str) -> Token:
        lines = _LINE_TERMINATOR.split(token[3:-3].replace('\\"""', '"""'))
        value = "\n".join(dedent_block_string_lines(lines))
        read = self.create_token(TokenKind.BLOCK_STRING, begin, end, value)
        self._count_lines(begin, end)
        return read


def _continues_number(character: str) -> bool:
    """True if no number may be followed by this character."""
    return character == "." or (character.isascii() and (character.isalnum() or character == "_"))


def _unescape(token: str) -> str | None:
    r"""Return the value of a string with escapes; None if one of them is invalid.

    The escapes are those of JSON and `\u{...}`. JSON also allows half of a surrogate pair.
    """
    try:
        value: str = json.loads(_BRACED_ESCAPE.sub(_json_escape, token), strict=False)
        value.encode()
    except (ValueError, OverflowError):
        return None
    return value


def _json_escape(match: re.Match[str]) -> str:
    character = chr(int(match["digits"], 16))
    character.encode()
    return match["backslashes"] + json.dumps(character)[1:-1]


class Validator:
    """Validates documents of one schema by the specified rules and, optionally, more rules.

    `graphql.validate` has no limits below its own, and takes twice as long.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        more_rules: Sequence[type[ASTValidationRule]] = (),
        suggestions: bool = True,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._rules = [*limited_rules(limits), *more_rules]
        self._methods = RuleMethods(self._rules)
        self._suggestions = suggestions

    def validate(self, document: DocumentNode) -> list[GraphQLError]:
        """Return the errors of a document that `check_document` has accepted."""
        errors: list[GraphQLError] = []
        length = len(document.loc.source.body) if document.loc else 0
        max_errors = min(MAX_ERRORS, MAX_SEARCHED_CHARACTERS // max(1, length))

        def report(error: GraphQLError) -> None:
            if len(errors) >= max_errors:
                raise ValidationAbortedError(
                    "Too many validation errors, error limit reached. Validation aborted."
                )
            errors.append(error)

        types = TypeInfo(self._schema)
        context = _LimitedContext(
            self._schema, document, types, report, hide_suggestions=not self._suggestions
        )
        context.set_limit(self._limits.fragment_steps)
        rules = [rule(context) for rule in self._rules]
        try:
            visit(document, RulesVisitor(types, rules, self._methods), _VISITED_KEYS)
        except ValidationAbortedError as error:
            error.__context__ = None  # it would keep the validation in memory
            errors.append(error.with_traceback(None))
        except RecursionError:
            errors.append(ValidationAbortedError("Validation aborted."))
        return errors


class _LimitedContext(ValidationContext):
    """The context of the rules, with a limit on the steps through fragments."""

    _variable_usages: Any
    _recursive_variable_usages: Any
    _fragment_spreads: Any

    def set_limit(self, steps: int) -> None:
        """Set the number of steps."""
        self._steps_left = self._steps = steps
        # graphql-core's dicts hash nodes by value: each access traverses a whole definition.
        self._variable_usages = RefMap()
        self._recursive_variable_usages = RefMap()
        self._fragment_spreads = RefMap()

    def spend_fragment_work(self, cost: int) -> None:
        """Count steps; report an error and abort the validation if they are used up."""
        self._steps_left -= cost
        if self._steps_left < 0:
            self.report_error(_too_many_fragment_steps(self._steps))
            raise ValidationAbortedError("Validation aborted.")

    def get_variable_usages(
        self, node: OperationDefinitionNode | FragmentDefinitionNode
    ) -> list[VariableUsage]:
        """Return the variables in a definition, without visiting the nodes of names."""
        usages: list[VariableUsage] | None = self._variable_usages.get(node)
        if usages is None:
            fragment = node if isinstance(node, FragmentDefinitionNode) else None
            visitor = VariableUsageVisitor(self._type_info, fragment)
            if _has_dollar(node):
                types = RulesVisitor(self._type_info, [visitor], _USAGE_METHODS)
                visit(node, types, _VISITED_KEYS)
            usages = self._variable_usages[node] = visitor.usages
        return usages


def _has_dollar(node: OperationDefinitionNode | FragmentDefinitionNode) -> bool:
    """True if the text of a definition has the character that begins every variable."""
    return node.loc is None or "$" in node.loc.source.body[node.loc.start : node.loc.end]


def _too_many_fragment_steps(allowed: int) -> GraphQLError:
    return limit_exceeded(
        "fragment_steps",
        allowed + 1,
        allowed,
        "The document has too many operations that share fragments; send fewer operations.",
    )
