"""`check_text` counts the tokens of a text as the parser does."""

import pytest
from graphql import GraphQLSyntaxError, Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from groupgate.schema.guardrails import DocumentLimits, check_text
from tests.schema.guardrails.helpers import exceeded, text_error

MIB = 1_048_576


def has_tokens(text: str, tokens: int) -> bool:
    """Return True if the text is accepted with this limit and refused with a lower one."""
    counted = check_text(text, DocumentLimits(tokens=tokens, brackets=MIB, lines=MIB))
    error = text_error(text, DocumentLimits(tokens=tokens - 1, brackets=MIB))
    return counted == tokens and exceeded(error) == [("tokens", tokens, tokens - 1)]


def tokens_of_the_parser(text: str) -> int | None:
    """Return the number of tokens with comments by graphql-core; None if the text is malformed."""
    lexer = Lexer(Source(text))
    try:
        while lexer.advance().kind is not TokenKind.EOF:
            pass
    except GraphQLSyntaxError:
        return None
    count, token = 0, lexer.token
    while token.prev is not None:
        count += token.kind not in {TokenKind.EOF, TokenKind.SOF}
        token = token.prev
    return count


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("{ a }", 3),
        ("{a,b\t\n\r\ufeffc}", 5),
        ("query Q($a: [Int!]! = 1) @d { ...F }", 20),
        ("-1 0 1.5 -1.5e+9 1E5", 5),
        ('"" "a" "\\"" "\\\\" "{"', 5),
        ('"""a""" """""" """a "quoted" \\""" {{{ """', 3),
        ('"""a"""""', 2),
        ("# { a b c\n# d\r#", 3),
        ('"# no comment" # "no string', 2),
        ("...a", 2),
    ],
)
def test_tokens_are_counted_exactly(text: str, tokens: int) -> None:
    assert tokens_of_the_parser(text) == tokens
    assert has_tokens(text, tokens)


PIECES = ["a", "_1", "12", "-0.5e1", "...", '""', '"""', '\\"', '\\"""']


@given(st.lists(st.sampled_from([*PIECES, *'{}()[]!$:@|&=#,é\\"\n\r '])).map("".join))
def test_any_text_without_lexical_errors_has_as_many_tokens_as_the_parser_finds(text: str) -> None:
    tokens = tokens_of_the_parser(text)
    assert not tokens or has_tokens(text, tokens)


@given(st.text(st.characters()))
def test_no_text_raises_another_exception(text: str) -> None:
    text_error(text, DocumentLimits(tokens=5, brackets=2))


def test_a_text_that_is_too_long_is_refused_before_its_tokens_are_counted() -> None:
    assert exceeded(text_error("{" * MIB, DocumentLimits())) == [("characters", MIB, 65_536)]
    assert check_text("#" + "x" * 65_535, DocumentLimits()) == 1


@pytest.mark.parametrize("bracket", ["{", "[", "(", "([{"])
def test_brackets_of_all_kinds_are_counted_together(bracket: str) -> None:
    assert exceeded(text_error(bracket * 65, DocumentLimits())) == [("brackets", 65, 64)]


def test_closed_brackets_do_not_count_as_nested() -> None:
    assert check_text("{[()]}" * 100, DocumentLimits(brackets=3)) == 600


def test_brackets_in_strings_and_comments_do_not_count() -> None:
    assert check_text('"{{{" """{{{""" # {{{', DocumentLimits(brackets=0)) == 3


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a " * (MIB // 2), [("tokens", 1_501, 1_500)]),
        ("#\n" * (MIB // 2), [("tokens", 1_501, 1_500)]),
        ('""' * (MIB // 2), [("tokens", 1_501, 1_500)]),
        ("\0" * MIB, [("tokens", 1_501, 1_500)]),
        ("[" * MIB, [("brackets", 65, 64)]),
        (" " * MIB, []),
        ('"' + "x" * (MIB - 1), []),
        ('"""' + '"x\\' * (MIB // 3 - 1), []),
    ],
    ids=["names", "comments", "strings", "garbage", "brackets", "spaces", "string", "block string"],
)
def test_a_mebibyte_of_any_token_is_checked(text: str, found: list[object]) -> None:
    assert exceeded(text_error(text, DocumentLimits(characters=MIB))) == found


def test_the_error_has_a_message_and_extensions() -> None:
    error = text_error("{ a b }", DocumentLimits(tokens=3))
    assert error is not None
    assert error.message == "The document has 4 tokens or more; at most 3 are allowed."
    assert error.extensions == {
        "code": "DOCUMENT_TOO_COMPLEX",
        "limit": "tokens",
        "found": 4,
        "allowed": 3,
    }
