"""The tokens that are good now, while their file changes."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
import structlog

from groupgate.app.auth.token_store import TokenStore
from groupgate.app.misconfigured import Misconfigured


def line(name: str, secret: str) -> str:
    """A line of a token that may read."""
    return f"{name} sha256:{sha256(secret.encode()).hexdigest()} read\n"


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def name_of(store: TokenStore, secret: str) -> str | None:
    """The name of the caller with this secret."""
    caller = store.caller(secret)
    return caller.name if caller else None


def test_lines_of_the_environment_may_be_parted_by_semicolons() -> None:
    store = TokenStore(
        line("a", "one").strip() + " ; " + line("b", "two") + line("c", "three"), None
    )
    names = [name_of(store, secret) for secret in ("one", "two", "three", "four")]
    assert names == ["token:a", "token:b", "token:c", None]


def test_the_environment_and_the_file_count_together(tmp_path: Path) -> None:
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
    assert [(log["event"], log["tokens"]) for log in logs] == [("tokens_read", 1)]


def test_a_file_that_was_not_changed_is_not_read(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            clock.now += 1
            assert name_of(store, "one") == "token:a"
    assert logs == []


def test_a_file_put_in_its_place_is_read_though_it_is_as_old_and_as_long(tmp_path: Path) -> None:
    """As orchestrators do it, with a link or a rename."""
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
        (b"s3cret", "Line 1: It is not a name, sha256: with 64 hexadecimal digits, and scopes."),
        (b"\xff\xfe", "It is not UTF-8."),
        (None, "No such file or directory."),
    ],
)
def test_a_broken_file_changes_nothing_and_is_logged_once(
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
        {"event": "tokens_kept", "log_level": "error", "file": str(file), "problem": problem}
    ]


def test_a_mended_file_is_read(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    for content in ("broken", line("bb", "two")):
        file.write_text(content, encoding="utf-8")
        clock.now += 1
        store.caller("")
    assert [name_of(store, "one"), name_of(store, "two")] == [None, "token:bb"]


def test_an_emptied_file_leaves_no_token(tmp_path: Path) -> None:
    """That is how all are revoked."""
    file, clock = tmp_path / "tokens", Clock()
    file.write_text(line("a", "one"), encoding="utf-8")
    store = TokenStore("", file, clock)
    file.write_text("", encoding="utf-8")
    clock.now += 1
    assert name_of(store, "one") is None


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    with pytest.raises(Misconfigured) as missing:
        TokenStore("", file)
    file.write_text("ci s3cret read", encoding="utf-8")
    with pytest.raises(Misconfigured) as broken:
        TokenStore("", file)
    prefix = f"GROUPGATE_TOKENS_FILE: {file}: "
    assert str(missing.value) == f"{prefix}No such file or directory."
    assert str(broken.value) == (
        f"{prefix}Line 1: It is not a name, sha256: with 64 hexadecimal digits, and scopes."
    )


def test_lines_of_the_environment_that_are_off_stop_the_start() -> None:
    with pytest.raises(Misconfigured) as raised:
        TokenStore(line("a", "one") + "s3cret", None)
    assert str(raised.value) == (
        "GROUPGATE_TOKENS: Line 2: "
        "It is not a name, sha256: with 64 hexadecimal digits, and scopes."
    )
