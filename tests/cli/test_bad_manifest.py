"""`groupgate serve` with a manifest that cannot be used."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from groupgate.cli.main import app


def test_a_manifest_that_is_not_there_ends_the_start_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROUPGATE_TRUSTED_DOCUMENTS", "missing.json")
    result = CliRunner().invoke(app, ["serve", "--sandbox"])
    assert result.exit_code == 2
    assert result.stderr == (
        "groupgate: GROUPGATE_TRUSTED_DOCUMENTS: missing.json: No such file or directory.\n"
    )
