"""The commands as a person runs them: in a process of their own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from groupgate import __version__

TWO_CODES = "TWOCHECKOUT_MERCHANT_CODE and TWOCHECKOUT_SECRET_KEY"
VENDOR_VARIABLES = ("DODO_", "AXIM_", "TWOCHECKOUT_", "GROUPGATE_")


def run(
    *arguments: str, cwd: Path, status: int = 0, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command where no `.env` and no variable of a vendor is, but these."""
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


def test_the_version_is_told(tmp_path: Path) -> None:
    """As programs tell it."""
    assert run("--version", cwd=tmp_path).stdout == f"groupgate {__version__}\n"


def test_help_names_every_command_and_how_to_begin(tmp_path: Path) -> None:
    """Enough to get going."""
    told = run("--help", cwd=tmp_path).stdout
    for word in ("serve", "sandbox", "check", "schema", "groupgate serve --sandbox"):
        assert word in told


def test_the_schema_is_printed_written_and_checked(tmp_path: Path) -> None:
    """Drift exits with 1 and says what to do."""
    printed = run("schema", cwd=tmp_path).stdout
    run("schema", "--check", cwd=tmp_path, status=1)
    run("schema", "--write", cwd=tmp_path)
    assert (tmp_path / "schema.graphql").read_text(encoding="utf-8") == printed
    run("schema", "--check", cwd=tmp_path)
    (tmp_path / "schema.graphql").write_text(printed + "\n", encoding="utf-8")
    told = run("schema", "--check", cwd=tmp_path, status=1).stderr
    assert "groupgate schema --write" in told


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9"},
            "DODO is half configured: DODO_PAYMENTS_API_KEY must be set too.",
        ),
        (
            {"AXIM_ACCESS_TOKEN": "s3cret"},
            "AXIM is half configured: AXIM_BASE_URL must be set too.",
        ),
        (
            {"TWOCHECKOUT_HASH_ALGORITHM": "sha256"},
            f"TWO_CHECKOUT is half configured: {TWO_CODES} must be set too.",
        ),
        (
            {"DODO_PAYMENTS_API_KEY": "s3cret", "DODO_PAYMENTS_ENVIRONMENT": "s3cret"},
            "DODO_PAYMENTS_ENVIRONMENT must be test_mode or live_mode.",
        ),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_half_configured_vendor_stops_the_start(
    tmp_path: Path, command: str, environment: dict[str, str], sentence: str
) -> None:
    """With a sentence that names the variable, status 2, and no secret."""
    done = run(command, cwd=tmp_path, status=2, environment=environment)
    assert " ".join(done.stderr.split()) == f"groupgate: {sentence}"
    assert "s3cret" not in done.stdout + done.stderr


def test_a_dot_env_file_configures_a_vendor(tmp_path: Path) -> None:
    """As the environment does."""
    (tmp_path / ".env").write_text("AXIM_ACCESS_TOKEN=x\n", encoding="utf-8")
    assert "AXIM_BASE_URL" in run("check", cwd=tmp_path, status=2).stderr


def test_check_fails_where_a_vendor_does_not_answer(tmp_path: Path) -> None:
    """A table for people, and status 1."""
    vendor = {"DODO_PAYMENTS_API_KEY": "s3cret", "DODO_PAYMENTS_BASE_URL": "http://127.0.0.1:9"}
    done = run("check", cwd=tmp_path, status=1, environment=vendor)
    assert "Dodo Payments" in done.stdout
    assert "It could not be reached." in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_check_needs_a_vendor(tmp_path: Path) -> None:
    """Nothing configured is nothing checked."""
    assert "No vendor is configured." in run("check", cwd=tmp_path, status=1).stdout
