"""`groupgate token`: its output, and that the gateway accepts the token."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groupgate.app.auth.caller import permissions_of
from groupgate.app.auth.tokens import TokenStore
from groupgate.cli.main import app


def test_the_line_is_printed_to_stdout_and_the_secret_to_stderr(tmp_path: Path) -> None:
    """`>>` adds the line to a file without the secret."""
    result = CliRunner().invoke(app, ["token", "shop", "read", "write:DODO"])
    assert result.exit_code == 0
    assert re.fullmatch(r"shop sha256:[0-9a-f]{64} read write:DODO\n", result.stdout)
    found = re.fullmatch(r"Secret \(shown only once\): (groupgate_[\w-]{43})\n", result.stderr)
    assert found
    file = tmp_path / "tokens"
    file.write_text(result.stdout, encoding="utf-8")
    caller = TokenStore("", file).caller(found[1])
    assert caller is not None
    assert (caller.name, caller.permissions) == (
        "token:shop",
        permissions_of(["read", "write:DODO"]),
    )


def test_tokens_are_unique() -> None:
    first, second = [CliRunner().invoke(app, ["token", "shop", "read"]) for _ in range(2)]
    assert first.stdout != second.stdout
    assert first.stderr != second.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["my shop", "read"], "groupgate: A name consists of 1 to 64 letters, digits, dots,"),
        (["shop", "reed"], "groupgate: The scopes are read, write, read:AXIM, write:AXIM,"),
    ],
)
def test_malformed_names_and_scopes_are_rejected(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(app, ["token", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(message)
    assert "groupgate_" not in result.stderr
