"""Tokens: their lines, and the store that follows changes of their file."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
import structlog

from groupgate.app.auth.caller import Caller, permissions_of
from groupgate.app.auth.tokens import (
    BadLineError,
    Token,
    TokenStore,
    find_token,
    line_of,
    make_secret,
    read_tokens,
)
from groupgate.configuration.model import Misconfigured

HASH = "sha256:" + sha256(b"s3cret").hexdigest()
OTHER = "sha256:" + sha256(b"other").hexdigest()
BAD_LINE = "A token consists of a name, sha256: with 64 hexadecimal digits, and scopes."
SCOPES = (
    "The scopes are read, write, read:AXIM, write:AXIM, read:DODO, write:DODO, "
    "read:TWO_CHECKOUT, write:TWO_CHECKOUT; with the name of an account also the like of "
    "read:DODO/eu."
)


def test_secrets_have_256_random_bits_and_a_prefix() -> None:
    first, second = make_secret(), make_secret()
    assert first != second
    assert first.startswith("groupgate_")
    assert len(first.removeprefix("groupgate_")) == 43


def test_a_line_contains_the_hash_and_not_the_secret() -> None:
    assert line_of("ci", "s3cret", ["read", "write:DODO"]) == f"ci {HASH} read write:DODO"
    assert line_of("ci", "s3cret", ["write:DODO/eu"]) == f"ci {HASH} write:DODO/eu"


@pytest.mark.parametrize("name", ["", "a b", "a#b", "x" * 65, "é", "a\nb", "token:ci"])
def test_names_are_single_words(name: str) -> None:
    with pytest.raises(BadLineError, match=r"^A name consists of 1 to 64 letters"):
        line_of(name, "s3cret", ["read"])


@pytest.mark.parametrize("scopes", [[], ["reed"], ["read", "write:"], ["read write"]])
def test_unknown_scopes_are_rejected(scopes: list[str]) -> None:
    with pytest.raises(BadLineError) as raised:
        line_of("ci", "s3cret", scopes)
    assert str(raised.value) == SCOPES


def test_blank_lines_and_comments_are_ignored() -> None:
    tokens = read_tokens(f"# ours\n\n  ci\t{HASH}  read # since May\r\n   \n")
    caller = Caller.from_token("ci", permissions_of(["read"]))
    assert tokens == (Token(digest=sha256(b"s3cret").digest(), caller=caller),)


def test_two_lines_with_one_name_are_one_caller() -> None:
    """A token can be replaced while the old one still works."""
    old, new = read_tokens(f"ci {HASH} read\nci {OTHER} read")
    assert old.caller == new.caller
    assert old.digest != new.digest


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"ci {HASH}", f"Line 1: {BAD_LINE}"),
        ("ci s3cret read", f"Line 1: {BAD_LINE}"),
        ("ci", f"Line 1: {BAD_LINE}"),
        (f"\n{HASH} read", f"Line 2: {BAD_LINE}"),
        (f"ci {HASH[:-1]} read", f"Line 1: {BAD_LINE}"),
        (f"ci {HASH.upper()} read", f"Line 1: {BAD_LINE}"),
        (f"ci {HASH} read,write", f"Line 1: {SCOPES}"),
        (f"ci {HASH} read\nshop {HASH} write", "Line 2: This hash is on an earlier line too."),
    ],
)
def test_a_malformed_line_is_reported_by_its_number(text: str, problem: str) -> None:
    """The message quotes nothing of the line, which may contain a secret."""
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
def test_another_text_is_not_a_secret(secret: str) -> None:
    assert find_token(read_tokens(f"ci {HASH} read"), secret) is None


def line(name: str, secret: str) -> str:
    """Return the line of a token with the scope read."""
    return f"{name} sha256:{sha256(secret.encode()).hexdigest()} read\n"


class Clock:
    """A clock that tests set."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def name_of(store: TokenStore, secret: str) -> str | None:
    """Return the name of the caller with this secret."""
    caller = store.caller(secret)
    return caller.name if caller else None


def test_lines_of_the_environment_can_be_separated_by_semicolons() -> None:
    store = TokenStore(
        line("a", "one").strip() + " ; " + line("b", "two") + line("c", "three"), None
    )
    names = [name_of(store, secret) for secret in ("one", "two", "three", "four")]
    assert names == ["token:a", "token:b", "token:c", None]


def test_tokens_of_the_environment_and_of_the_file_are_combined(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(line("b", "two"), encoding="utf-8")
    store = TokenStore(line("a", "one"), file)
    assert [name_of(store, "one"), name_of(store, "two")] == ["token:a", "token:b"]


def test_a_changed_file_is_read_again_at_most_once_a_second(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("old", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    file.write_text(line("renewed", "two"), encoding="utf-8")
    clock.now += 0.9
    assert [name_of(store, "one"), name_of(store, "two")] == ["token:old", None]
    clock.now += 0.1
    with structlog.testing.capture_logs() as logs:
        assert [name_of(store, "one"), name_of(store, "two")] == [None, "token:renewed"]
    assert [(log["event"], log["tokens"]) for log in logs] == [("tokens_reloaded", 1)]


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            clock.now += 1
            assert name_of(store, "one") == "token:a"
    assert logs == []


def test_a_replaced_file_of_the_same_age_and_size_is_read(tmp_path: Path) -> None:
    """Orchestrators replace files by a link or a rename."""
    file, new, clock = tmp_path / "tokens", tmp_path / "new", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    new.write_text(line("b", "two"), encoding="utf-8")
    for each in (file, new):
        os.utime(each, ns=(10**18, 10**18))
    store = TokenStore("", file, clock)
    new.rename(file)
    clock.now += 1
    assert [name_of(store, "one"), name_of(store, "two")] == [None, "token:b"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b"s3cret",
            "Line 1: A token consists of a name, sha256: with 64 hexadecimal digits, and scopes.",
        ),
        (b"\xff\xfe", "The file is not UTF-8."),
        (None, "No such file or directory."),
    ],
)
def test_a_broken_file_keeps_the_tokens_and_is_logged_once(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            clock.now += 1
            assert name_of(store, "one") == "token:a"
    assert logs == [
        {
            "event": "tokens_reload_failed",
            "log_level": "error",
            "file": str(file),
            "problem": problem,
        }
    ]


def test_a_repaired_file_is_read(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    for content in ("broken", line("bb", "two")):
        file.write_text(content, encoding="utf-8")
        clock.now += 1
        store.caller("")
    assert [name_of(store, "one"), name_of(store, "two")] == [None, "token:bb"]


def test_an_emptied_file_leaves_no_token(tmp_path: Path) -> None:
    """Emptying the file revokes all tokens."""
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    file.write_text("", encoding="utf-8")
    clock.now += 1
    assert name_of(store, "one") is None


def test_an_unreadable_file_prevents_startup(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    with pytest.raises(Misconfigured) as missing:
        TokenStore("", file)
    file.write_text("ci s3cret read", encoding="utf-8")
    with pytest.raises(Misconfigured) as broken:
        TokenStore("", file)
    prefix = f"GROUPGATE_TOKENS_FILE: {file}: "
    assert str(missing.value) == f"{prefix}No such file or directory."
    assert str(broken.value) == f"{prefix}Line 1: {BAD_LINE}"


@pytest.mark.parametrize("content", ["", "\n", "# ci sha256:0 read\n"])
def test_without_any_token_startup_is_prevented(tmp_path: Path, content: str) -> None:
    """Every caller would be rejected."""
    file, problem = tmp_path / "tokens", "There are no tokens; `groupgate token NAME SCOPE` prints"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(Misconfigured) as empty:
        TokenStore(line("a", "one"), file)
    assert str(empty.value) == f"GROUPGATE_TOKENS_FILE: {file}: {problem} one."
    with pytest.raises(Misconfigured) as comment:
        TokenStore("#", None)
    assert str(comment.value) == f"GROUPGATE_TOKENS: {problem} one."


@pytest.mark.parametrize(("mode", "warnings"), [(0o644, 0), (0o664, 0), (0o646, 1), (0o666, 1)])
def test_a_file_that_everybody_can_write_is_a_warning(
    tmp_path: Path, mode: int, warnings: int
) -> None:
    file = tmp_path / "tokens"
    file.write_text(line("a", "one"), encoding="utf-8")
    file.chmod(mode)
    with structlog.testing.capture_logs() as logs:
        assert TokenStore("", file).count == 1
    warning = {"event": "tokens_file_writable", "log_level": "warning", "file": str(file)}
    assert logs == [warning] * warnings


def test_malformed_lines_of_the_environment_prevent_startup() -> None:
    with pytest.raises(Misconfigured) as raised:
        TokenStore(line("a", "one") + "s3cret", None)
    assert str(raised.value) == (
        "GROUPGATE_TOKENS: Line 2: "
        "A token consists of a name, sha256: with 64 hexadecimal digits, and scopes."
    )
