"""Lines of tokens, read and written."""

from hashlib import sha256

import pytest

from groupgate.app.auth.caller import Caller
from groupgate.app.auth.permissions import opened_by
from groupgate.app.auth.tokens import (
    BadLineError,
    Token,
    find_token,
    line_of,
    make_secret,
    read_tokens,
)

HASH = "sha256:" + sha256(b"s3cret").hexdigest()
OTHER = "sha256:" + sha256(b"other").hexdigest()
NO_LINE = "It is not a name, sha256: with 64 hexadecimal digits, and scopes."
SCOPES = (
    "The scopes are read, write, read:AXIM, write:AXIM, read:DODO, write:DODO, "
    "read:TWO_CHECKOUT, write:TWO_CHECKOUT."
)


def test_secrets_have_256_random_bits_behind_a_word_that_tells_whose_they_are() -> None:
    first, second = make_secret(), make_secret()
    assert first != second
    assert first.startswith("groupgate_")
    assert len(first.removeprefix("groupgate_")) == 43


def test_a_line_holds_the_hash_and_not_the_secret() -> None:
    assert line_of("ci", "s3cret", ["read", "write:DODO"]) == f"ci {HASH} read write:DODO"


@pytest.mark.parametrize("name", ["", "a b", "a#b", "x" * 65, "é", "a\nb", "token:ci"])
def test_names_are_single_words(name: str) -> None:
    with pytest.raises(BadLineError, match=r"^A name has 1 to 64 letters"):
        line_of(name, "s3cret", ["read"])


@pytest.mark.parametrize("scopes", [[], ["reed"], ["read", "write:"], ["read write"]])
def test_lines_have_scopes_that_exist(scopes: list[str]) -> None:
    with pytest.raises(BadLineError) as raised:
        line_of("ci", "s3cret", scopes)
    assert str(raised.value) == SCOPES


def test_blank_lines_and_comments_are_nothing() -> None:
    tokens = read_tokens(f"# ours\n\n  ci\t{HASH}  read # since May\r\n   \n")
    caller = Caller.of_token("ci", opened_by(["read"]))
    assert tokens == (Token(digest=sha256(b"s3cret").digest(), caller=caller),)


def test_two_lines_of_one_name_are_one_caller() -> None:
    """So that a token can be replaced while the old one still works."""
    old, new = read_tokens(f"ci {HASH} read\nci {OTHER} read")
    assert old.caller == new.caller
    assert old.digest != new.digest


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"ci {HASH}", f"Line 1: {NO_LINE}"),
        ("ci s3cret read", f"Line 1: {NO_LINE}"),
        ("ci", f"Line 1: {NO_LINE}"),
        (f"\n{HASH} read", f"Line 2: {NO_LINE}"),
        (f"ci {HASH[:-1]} read", f"Line 1: {NO_LINE}"),
        (f"ci {HASH.upper()} read", f"Line 1: {NO_LINE}"),
        (f"ci {HASH} read,write", f"Line 1: {SCOPES}"),
        (f"ci {HASH} read\nshop {HASH} write", "Line 2: This hash stands on another line too."),
    ],
)
def test_a_line_that_is_off_is_told_by_its_number(text: str, problem: str) -> None:
    """And by nothing that stands on it: it may be a secret in the wrong place."""
    with pytest.raises(BadLineError) as raised:
        read_tokens(text)
    assert str(raised.value) == problem


@pytest.mark.parametrize("secret", ["s3cret", "other"])
def test_a_token_is_found_by_its_secret(secret: str) -> None:
    tokens = read_tokens(f"ci {HASH} read\nshop {OTHER} write")
    found = find_token(tokens, secret)
    assert found is not None
    assert found.digest == sha256(secret.encode()).digest()


@pytest.mark.parametrize("secret", ["", "s3cre", "s3cret ", "S3CRET", HASH])
def test_nothing_else_is_a_secret(secret: str) -> None:
    assert find_token(read_tokens(f"ci {HASH} read"), secret) is None
