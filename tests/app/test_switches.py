"""Settings of /graphql, as operators write them."""

from pathlib import Path

import pytest

from groupgate.app.misconfigured import Misconfigured
from groupgate.app.settings import Settings
from groupgate.cli.environment import own_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no `.env`."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        ("GROUPGATE_HTTP_STATUSES", "draft", "http_statuses", "draft"),
        ("GROUPGATE_MAX_BODY_BYTES", "1000", "max_body_bytes", 1000),
        ("GROUPGATE_TRUSTED_DOCUMENTS", "a.json", "trusted_documents", Path("a.json")),
        ("GROUPGATE_INTROSPECTION", "off", "introspection", False),
        ("GROUPGATE_SUGGESTIONS", "off", "suggestions", False),
        ("GROUPGATE_EXPLORER", "off", "explorer", False),
        ("GROUPGATE_EXPLORER", "on", "explorer", True),
        ("GROUPGATE_EXPLORER", "", "explorer", True),
    ],
)
def test_a_setting_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, attribute: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(Settings(), attribute) == expected


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("GROUPGATE_HTTP_STATUSES", "new", "Input should be 'standard' or 'draft'."),
        ("GROUPGATE_MAX_BODY_BYTES", "0", "Input should be greater than 0."),
        (
            "GROUPGATE_EXPLORER",
            "maybe",
            "Input should be a valid boolean, unable to interpret input.",
        ),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured) as caught:
        own_settings()
    assert str(caught.value) == f"{name}: {sentence}"
