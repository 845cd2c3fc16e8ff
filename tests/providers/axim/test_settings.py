"""The environment variables of Axim Commerce."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from groupgate.providers.axim import Settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("AXIM_ACCESS_TOKEN", "AXIM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def test_without_variables_the_vendor_is_not_configured() -> None:
    settings = Settings()
    assert not settings.is_set
    assert settings.missing == ("AXIM_ACCESS_TOKEN", "AXIM_BASE_URL")


def test_both_variables_are_required_and_sufficient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXIM_ACCESS_TOKEN", "token")
    monkeypatch.setenv("AXIM_BASE_URL", "https://shop.test/open-api/api")
    settings = Settings()
    assert settings.is_set
    assert settings.missing == ()
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == "token"
    assert settings.base_url == "https://shop.test/open-api/api"


@pytest.mark.parametrize(
    ("variable", "value", "missing"),
    [
        ("AXIM_ACCESS_TOKEN", "token", "AXIM_BASE_URL"),
        ("AXIM_BASE_URL", "https://shop.test", "AXIM_ACCESS_TOKEN"),
    ],
)
def test_one_variable_alone_leaves_the_other_missing(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, missing: str
) -> None:
    monkeypatch.setenv(variable, value)
    settings = Settings()
    assert settings.is_set
    assert settings.missing == (missing,)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXIM_ACCESS_TOKEN", "")
    monkeypatch.setenv("AXIM_BASE_URL", "")
    assert not Settings().is_set


def test_variables_are_read_from_a_dotenv_file(tmp_path: Path) -> None:
    text = "AXIM_ACCESS_TOKEN=token\nAXIM_BASE_URL=https://shop.test\nOTHER=ignored\n"
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    assert Settings().missing == ()


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_trailing_slashes_of_the_base_url_are_removed(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("AXIM_BASE_URL", f"https://shop.test/api{end}")
    assert Settings().base_url == "https://shop.test/api"


@pytest.mark.parametrize(
    "address", ["shop.test", "ftp://shop.test", "https://", "http://shop.test:x", "/"]
)
def test_an_invalid_base_url_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AXIM_BASE_URL", address)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors()
    assert error["msg"] == "Value error, must be an http or https address"


def test_the_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AXIM_ACCESS_TOKEN", "very-secret")
    assert "very-secret" not in repr(Settings())
