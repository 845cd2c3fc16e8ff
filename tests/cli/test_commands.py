"""Commands, run as processes."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import pytest
from typer.testing import CliRunner, Result

from groupgate import __version__
from groupgate.cli.main import app

TWO_CODES = "TWOCHECKOUT_MERCHANT_CODE and TWOCHECKOUT_SECRET_KEY"
VENDOR_VARIABLES = ("DODO_", "AXIM_", "TWOCHECKOUT_", "GROUPGATE_")


def run(
    *arguments: str, cwd: Path, status: int = 0, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command with no `.env` and no variables but these."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    done = subprocess.run(
        [sys.executable, "-m", "groupgate", *arguments],
        cwd=cwd,
        env={**kept, **(environment or {}), "COLUMNS": "100", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


class Invoke(Protocol):
    """Runs a command in this process, in the folder of the test and with no other variables."""

    def __call__(
        self, *arguments: str, status: int = 0, environment: Mapping[str, str] | None = None
    ) -> Result:
        """Return the result, whose status must be this one."""


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Return the function that runs commands, without the second that a process takes to start."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(VENDOR_VARIABLES)]:
        monkeypatch.delenv(name)

    def call(
        *arguments: str, status: int = 0, environment: Mapping[str, str] | None = None
    ) -> Result:
        done = CliRunner().invoke(app, arguments, env=dict(environment or {}))
        assert done.exit_code == status, (done.exception, done.output)
        return done

    return call


def test_version_is_printed(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout == f"groupgate {__version__}\n"


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {
            "_GROUPGATE_COMPLETE": "complete_bash",
            "COMP_WORDS": "groupgate serve --w",
            "COMP_CWORD": "2",
        },
    ],
)
def test_the_version_and_a_completion_import_nothing_of_the_program(
    environment: dict[str, str],
) -> None:
    code = """
import sys
from groupgate.__main__ import main
sys.argv[0] = "groupgate"
try:
    main()
except SystemExit:
    print(*sorted(name for name in sys.modules if name.startswith("groupgate.")))
    print(*sorted({"starlette", "graphql", "httpx", "structlog"} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "--version"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    words, own, others = done.stdout.split("\n")[:3]
    assert words == ("--workers" if environment else f"groupgate {__version__}")
    assert own.split() == [
        "groupgate.__main__",
        "groupgate.app",
        "groupgate.app.auth",
        "groupgate.app.auth.caller",
        "groupgate.cli",
        "groupgate.cli.main",
        "groupgate.domain",
        "groupgate.domain.refs",
    ]
    assert others == ""


def test_help_lists_every_command_and_a_first_step(tmp_path: Path) -> None:
    output = run("--help", cwd=tmp_path).stdout
    for word in ("serve", "sandbox", "check", "schema", "groupgate serve --sandbox"):
        assert word in output


def test_the_schema_is_printed_written_and_checked(invoke: Invoke, tmp_path: Path) -> None:
    """If the file differs, the command exits with 1 and prints what to do."""
    printed = invoke("schema").stdout
    invoke("schema", "--check", status=1)
    invoke("schema", "--write")
    assert (tmp_path / "schema.graphql").read_text(encoding="utf-8") == printed
    invoke("schema", "--check")
    (tmp_path / "schema.graphql").write_text(printed + "\n", encoding="utf-8")
    errors = invoke("schema", "--check", status=1).stderr
    assert "groupgate schema --write" in errors


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9"},
            "Dodo Payments is configured incompletely: set DODO_PAYMENTS_API_KEY too.",
        ),
        (
            {"AXIM_ACCESS_TOKEN": "s3cret"},
            "Axim Commerce is configured incompletely: set AXIM_BASE_URL too.",
        ),
        (
            {"TWOCHECKOUT_HASH_ALGORITHM": "sha256"},
            f"2Checkout is configured incompletely: set {TWO_CODES} too.",
        ),
        (
            {"DODO_PAYMENTS_API_KEY": "s3cret", "DODO_PAYMENTS_ENVIRONMENT": "s3cret"},
            "DODO_PAYMENTS_ENVIRONMENT must be test_mode or live_mode.",
        ),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_an_incompletely_configured_vendor_prevents_startup(
    invoke: Invoke, command: str, environment: dict[str, str], sentence: str
) -> None:
    """The command exits with 2 and prints the name of the variable, but no secret."""
    done = invoke(command, status=2, environment=environment)
    assert " ".join(done.stderr.split()) == f"groupgate: {sentence}"
    assert "s3cret" not in done.stdout + done.stderr


def test_a_dot_env_file_configures_a_vendor(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AXIM_ACCESS_TOKEN=x\n", encoding="utf-8")
    assert "AXIM_BASE_URL" in invoke("check", status=2).stderr


def test_check_fails_if_a_vendor_does_not_respond(invoke: Invoke) -> None:
    """The command prints a table with the reason and exits with 1."""
    vendor = {"DODO_PAYMENTS_API_KEY": "s3cret", "DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9"}
    done = invoke("check", status=1, environment=vendor)
    assert "Dodo Payments" in done.stdout
    problem = "Dodo Payments could not be reached: the connection was refused."
    assert problem in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_check_calls_each_account_of_a_file(invoke: Invoke, tmp_path: Path) -> None:
    table = (
        '[[accounts]]\nname = "{}"\nvendor = "DODO"\nDODO_PAYMENTS_API_KEY = {{ env = "KEY" }}\n'
        'DODO_PAYMENTS_BASE_URL = "http://127.0.0.1:9"\n'
    )
    (tmp_path / "accounts.toml").write_text(table.format("eu") + table.format("us"))
    environment = {"GROUPGATE_ACCOUNTS": "accounts.toml"}
    done = invoke("check", status=1, environment=environment | {"KEY": "s3cret"})
    rows = [line.split() for line in done.stdout.splitlines() if "Payments (" in line]
    assert [row[2:4] for row in rows] == [["(eu)", "failed"], ["(us)", "failed"]]
    assert "s3cret" not in done.stdout + done.stderr
    assert invoke("check", status=2, environment=environment).stderr == (
        "groupgate: GROUPGATE_ACCOUNTS: accounts.toml has DODO_PAYMENTS_API_KEY of the account eu "
        "of DODO from KEY, which is not set.\n"
    )


def test_check_fails_without_a_vendor(invoke: Invoke) -> None:
    assert "No vendor is configured." in invoke("check", status=1).stderr


def test_the_subgraph_of_a_federation_is_printed(invoke: Invoke) -> None:
    printed = invoke("schema", "--federation").stdout
    assert printed.startswith("extend schema @link(")
    assert printed.count('@key(fields: "id")') == 4


def test_a_subgraph_has_no_trusted_documents(invoke: Invoke, tmp_path: Path) -> None:
    """A router writes its documents itself, so none of them would be trusted."""
    manifest = tmp_path / "documents.json"
    manifest.write_text("{}", encoding="utf-8")
    environment = {"GROUPGATE_TRUSTED_DOCUMENTS": str(manifest)}
    arguments = ("serve", "--sandbox", "--federation")
    done = invoke(*arguments, status=2, environment=environment)
    assert done.stderr == (
        "groupgate: GROUPGATE_TRUSTED_DOCUMENTS cannot be set with --federation: a router writes "
        "its documents itself.\n"
    )
