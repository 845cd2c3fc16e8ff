"""The lexer finds the same tokens, and raises the same errors, as graphql-core's lexer."""

import pytest
from graphql import DocumentNode, GraphQLSyntaxError, Lexer, Source, TokenKind, parse, print_ast
from hypothesis import given
from hypothesis import strategies as st

from groupgate.schema.guardrails.validation import RegexLexer, parse_document

FoundToken = tuple[TokenKind, int, int, int, int, str | None]


def tokens_of(kind: type[Lexer], text: str) -> tuple[list[FoundToken], str]:
    """Return all tokens with their positions, comments too, and the error that ends them."""
    lexer, found, end = kind(Source(text)), list[FoundToken](), 0
    while not found or found[-1][0] is not TokenKind.EOF:
        try:
            token = lexer.read_next_token(end)
        except GraphQLSyntaxError as error:
            return found, str(error)
        end = token.end
        found.append((token.kind, token.start, end, token.line, token.column, token.value))
    return found, ""


TEXTS = {
    "names": "a _1 B9",
    "punctuators": "!$&():=@[]{|}...",
    "numbers": "0 -0 1.50 -1e9 1E+2 1.0e-1",
    "malformed numbers": "1 01",
    "number before a name": "1a",
    "number before a dot": "1.5.",
    "two dots": "..",
    "single quotes": "'a'",
    "unknown character": "a é",
    "strings": '"" "a" "é" "{" "#"',
    "string over two lines": '"a\nb"',
    "string without end": 'a "b',
    "string that ends with an escaped quote": '"a\\"',
    "escapes": r'"\" \\ \/ \b\f\n\r\t A 😀"',
    "control characters": '"a\tb\x01"',
    "escapes in braces": r'"\u{41}\u{1F600}\u{22}\u{5c}\\u{41}\\\u{41}"',
    "unknown escape": r'"\x"',
    "half of a pair": r'"\ud800"',
    "half of a pair in braces": r'"\u{D83D}\u{DE00}"',
    "half a pair of each": r'"\ud83d\u{DE00}"',
    "escape beyond Unicode": r'"\u{110000}"',
    "long escape": r'"\u{000000041}"',
    "empty escape": r'"\u{}"',
    "block strings": '"""a""" """""" """ "b" \\""" """',
    "lines of a block string": 'a """\n  b\r\n    c\r\n\r  d\n""" e',
    "block string without end": '"""a""',
    "comments": "# a\n#\r\n#b",
    "lines": "a\nb\r\nc\rd\n\re",
    "ignored": "\ufeff,a,\t,b ",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_tokens_and_errors_are_those_of_graphql_core(text: str) -> None:
    assert tokens_of(RegexLexer, text) == tokens_of(Lexer, text)


PIECES = [
    "a",
    "_1",
    "12",
    "-0.5e1",
    "...",
    '""',
    '"""',
    '\\"""',
    "\r\n",
    "\\u0041",
    "\\u{41}",
    "\\ud83d",
]
ESCAPES = [
    "\\\\",
    '\\"',
    "\\n",
    "\\u0041",
    "\\ud83d",
    "\\ude00",
    "\\u{1F600}",
    "\\u{D83D}",
    "\\u{}",
    "a",
]


@given(st.lists(st.sampled_from([*PIECES, *'{}()[]!$:@|&=#,é\\"\n\r .e+-0'])).map("".join))
def test_tokens_of_any_text_are_those_of_graphql_core(text: str) -> None:
    assert tokens_of(RegexLexer, text) == tokens_of(Lexer, text)


@given(st.lists(st.sampled_from(ESCAPES)).map("".join))
def test_values_of_any_string_are_those_of_graphql_core(text: str) -> None:
    assert tokens_of(RegexLexer, f'"{text}"') == tokens_of(Lexer, f'"{text}"')


def test_a_document_is_parsed() -> None:
    text = (
        'query Q($a: ID = "x") @d(b: 1) { n: node(id: $a) { id ...F } } fragment F on Node { id }'
    )
    document = parse_document(text)
    assert isinstance(document, DocumentNode)
    assert document == parse(text)
    assert print_ast(document) == print_ast(parse(text))


def test_a_syntax_error_has_a_position() -> None:
    with pytest.raises(GraphQLSyntaxError) as caught:
        parse_document("{\n  a(b: }\n")
    assert caught.value.message == "Syntax Error: Unexpected '}'."
    assert caught.value.formatted["locations"] == [{"line": 2, "column": 8}]
