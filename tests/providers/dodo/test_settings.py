"""The environment variables of Dodo Payments."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from groupgate.providers.dodo import Settings

VARIABLES = ("DODO_PAYMENTS_API_KEY", "DODO_PAYMENTS_BASE_URL", "DODO_PAYMENTS_ENVIRONMENT")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_without_variables_the_vendor_is_not_configured() -> None:
    settings = Settings()
    assert not settings.is_set
    assert settings.missing == ("DODO_PAYMENTS_API_KEY",)


def test_the_key_alone_selects_test_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", "sk_1")
    settings = Settings()
    assert settings.is_set
    assert settings.missing == ()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "sk_1"
    assert settings.base_url == "https://test.dodopayments.com"


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        ("test_mode", "https://test.dodopayments.com"),
        ("live_mode", "https://live.dodopayments.com"),
    ],
)
def test_the_environment_selects_the_host(
    monkeypatch: pytest.MonkeyPatch, environment: str, base_url: str
) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_ENVIRONMENT", environment)
    assert Settings().base_url == base_url


@pytest.mark.parametrize("environment", ["production", "live", "TEST_MODE", " test_mode"])
def test_an_unknown_environment_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_ENVIRONMENT", environment)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors()
    assert error["msg"] == ("Value error, must be test_mode or live_mode")


def test_a_base_url_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_ENVIRONMENT", "live_mode")
    monkeypatch.setenv("DODO_PAYMENTS_BASE_URL", "http://127.0.0.1:8081/dodo/")
    assert Settings().base_url == "http://127.0.0.1:8081/dodo"


@pytest.mark.parametrize(
    "base_url", ["dodo.test", "ftp://dodo.test", "http://", "http://a.test:port", "/"]
)
def test_an_invalid_base_url_is_refused(monkeypatch: pytest.MonkeyPatch, base_url: str) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_BASE_URL", base_url)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors()
    assert error["msg"] == ("Value error, must be an http or https address")


@pytest.mark.parametrize(
    ("name", "value"),
    [("DODO_PAYMENTS_BASE_URL", "http://dodo.test"), ("DODO_PAYMENTS_ENVIRONMENT", "test_mode")],
)
def test_any_variable_without_the_key_leaves_it_missing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.is_set
    assert settings.missing == ("DODO_PAYMENTS_API_KEY",)


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "")
    settings = Settings()
    assert not settings.is_set
    assert settings.base_url == "https://test.dodopayments.com"


def test_variables_without_the_prefix_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    monkeypatch.setenv("API_KEY", "of somebody else")
    monkeypatch.setenv("BASE_URL", "http://elsewhere.test")
    assert not Settings().is_set


def test_variables_are_read_from_a_dotenv_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "# für Dodo\nDODO_PAYMENTS_API_KEY=sk_1\nOTHER=1\n", encoding="utf-8"
    )
    settings = Settings()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "sk_1"


@pytest.mark.parametrize("key", ["sk_ü", "sk_1\n", "sk_1\r\nX-Other: 1"])
def test_a_key_that_no_header_can_contain_is_refused(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", key)
    with pytest.raises(ValidationError) as caught:
        Settings()
    (error,) = caught.value.errors()
    assert error["msg"] == ("Value error, must be of printable ASCII characters")
    assert key not in str(caught.value)


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_API_KEY", "sk_secret")
    assert "sk_secret" not in repr(Settings())


def test_a_key_in_the_wrong_variable_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DODO_PAYMENTS_ENVIRONMENT", "sk_secret")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "sk_secret" not in str(caught.value)
