"""Limits on documents, and the lexer by which a text is checked and parsed within them.

graphql-core's lexer reads one character at a time in Python, which takes 10 ms for a string of
64 KiB. This one matches whole tokens with one regular expression, and takes less than 1 ms for any
text.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from graphql import DocumentNode, GraphQLError, Lexer, Source, Token, TokenKind
from graphql.language.block_string import dedent_block_string_lines
from graphql.language.parser import Parser

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


def parse_document(text: str) -> DocumentNode:
    """Parse a text that consists of valid Unicode and has passed `check_text`.

    Raises GraphQLSyntaxError.
    """
    source = Source(text)
    return Parser(source, lexer=RegexLexer(source)).parse_document()


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
