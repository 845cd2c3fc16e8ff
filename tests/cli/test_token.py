"""`groupgate token`: what it prints where, and that the gateway takes it."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groupgate.app.auth.permissions import opened_by
from groupgate.app.auth.token_store import TokenStore
from groupgate.cli.main import app


def test_the_line_is_for_the_file_and_the_secret_for_the_caller(tmp_path: Path) -> None:
    """The line on standard output, so that `>>` adds it; the secret beside it."""
    made = CliRunner().invoke(app, ["token", "shop", "read", "write:DODO"])
    assert made.exit_code == 0
    assert re.fullmatch(r"shop sha256:[0-9a-f]{64} read write:DODO\n", made.stdout)
    found = re.fullmatch(r"Secret, shown this once: (groupgate_[\w-]{43})\n", made.stderr)
    assert found
    file = tmp_path / "tokens"
    file.write_text(made.stdout, encoding="utf-8")
    caller = TokenStore("", file).caller(found[1])
    assert caller is not None
    assert (caller.name, caller.permissions) == ("token:shop", opened_by(["read", "write:DODO"]))


def test_no_two_are_alike() -> None:
    first, second = [CliRunner().invoke(app, ["token", "shop", "read"]) for _ in range(2)]
    assert first.stdout != second.stdout
    assert first.stderr != second.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["my shop", "read"], "groupgate: A name has 1 to 64 letters, digits, dots,"),
        (["shop", "reed"], "groupgate: The scopes are read, write, read:AXIM, write:AXIM,"),
    ],
)
def test_what_could_not_be_read_again_is_not_made(arguments: list[str], told: str) -> None:
    made = CliRunner().invoke(app, ["token", *arguments])
    assert (made.exit_code, made.stdout) == (2, "")
    assert made.stderr.startswith(told)
    assert "groupgate_" not in made.stderr
