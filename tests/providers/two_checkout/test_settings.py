"""The environment variables of 2Checkout."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from groupgate.providers.two_checkout import Settings

VARIABLES = ("MERCHANT_CODE", "SECRET_KEY", "BASE_URL", "HASH_ALGORITHM")

MakeSettings = Callable[..., Settings]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MakeSettings:
    """Returns settings from these variables only, in a folder without `.env`."""
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(f"TWOCHECKOUT_{name}", raising=False)

    def settings(**variables: str) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(f"TWOCHECKOUT_{name}", value)
        return Settings()

    return settings


def test_without_variables_the_vendor_is_not_configured(make: MakeSettings) -> None:
    settings = make()
    assert not settings.is_set
    assert settings.missing == ("TWOCHECKOUT_MERCHANT_CODE", "TWOCHECKOUT_SECRET_KEY")
    assert settings.base_url == "https://api.2checkout.com/rest/6.0"
    assert settings.hash_algorithm == "sha3-256"


def test_code_and_key_are_sufficient(make: MakeSettings) -> None:
    settings = make(MERCHANT_CODE="ACME1", SECRET_KEY="hush")
    assert settings.is_set
    assert settings.missing == ()
    assert settings.merchant_code == "ACME1"
    assert settings.secret_key.get_secret_value() == "hush"
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    ("variables", "missing"),
    [
        ({"MERCHANT_CODE": "ACME1"}, ("TWOCHECKOUT_SECRET_KEY",)),
        ({"SECRET_KEY": "hush"}, ("TWOCHECKOUT_MERCHANT_CODE",)),
        (
            {"BASE_URL": "http://127.0.0.1:8082/rest/6.0"},
            ("TWOCHECKOUT_MERCHANT_CODE", "TWOCHECKOUT_SECRET_KEY"),
        ),
        (
            {"HASH_ALGORITHM": "sha256"},
            ("TWOCHECKOUT_MERCHANT_CODE", "TWOCHECKOUT_SECRET_KEY"),
        ),
    ],
)
def test_any_variable_alone_leaves_the_others_missing(
    make: MakeSettings, variables: dict[str, str], missing: tuple[str, ...]
) -> None:
    settings = make(**variables)
    assert settings.is_set
    assert settings.missing == missing


def test_empty_variables_count_as_unset(make: MakeSettings) -> None:
    settings = make(MERCHANT_CODE="", SECRET_KEY="", BASE_URL="", HASH_ALGORITHM="")
    assert not settings.is_set
    assert settings.base_url == "https://api.2checkout.com/rest/6.0"


def test_variables_are_read_from_a_dotenv_file(make: MakeSettings, tmp_path: Path) -> None:
    lines = ["TWOCHECKOUT_MERCHANT_CODE=FILE1", "TWOCHECKOUT_SECRET_KEY=", "OTHER=1"]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    settings = make()
    assert settings.merchant_code == "FILE1"
    assert settings.missing == ("TWOCHECKOUT_SECRET_KEY",)


def test_a_trailing_slash_of_the_base_url_is_removed(make: MakeSettings) -> None:
    assert make(BASE_URL="https://host/rest/6.0/").base_url == "https://host/rest/6.0"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"HASH_ALGORITHM": "md5"},
            "must be sha3-256 or sha256",
        ),
        (
            {"HASH_ALGORITHM": "SHA256"},
            "must be sha3-256 or sha256",
        ),
        (
            {"BASE_URL": "api.2checkout.com"},
            "must be an http or https address",
        ),
        (
            {"BASE_URL": "https://host:port"},
            "must be an http or https address",
        ),
        (
            {"MERCHANT_CODE": "GÖT"},
            "must be of printable ASCII characters, without quotes",
        ),
        (
            {"MERCHANT_CODE": 'A"B'},
            "must be of printable ASCII characters, without quotes",
        ),
    ],
)
def test_invalid_values_are_refused(
    make: MakeSettings, variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        make(**variables)
    assert [error["msg"] for error in refusal.value.errors()] == [f"Value error, {sentence}"]
    assert not set(variables.values()) & set(str(refusal.value).split())
