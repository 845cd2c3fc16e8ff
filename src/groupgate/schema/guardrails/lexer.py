"""A lexer that matches whole tokens with one regular expression.

graphql-core's lexer reads one character at a time in Python, which takes 10 ms for a string of
64 KiB. This one takes less than 1 ms for any text.
"""

import json
import re
from typing import Final

from graphql import DocumentNode, Lexer, Source, Token, TokenKind
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
