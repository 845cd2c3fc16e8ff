"""The environment variables of 2Checkout."""

import pytest

from groupgate.configuration.model import Misconfigured
from groupgate.providers.two_checkout import Settings


def make(**variables: str) -> Settings:
    """Return settings from these variables, which are named without their prefix."""
    return Settings.from_variables(
        {f"TWOCHECKOUT_{name}": value for name, value in variables.items()}
    )


def test_without_variables_the_vendor_is_not_configured() -> None:
    settings = make()
    assert not settings.is_set
    assert settings.missing == ("TWOCHECKOUT_MERCHANT_CODE", "TWOCHECKOUT_SECRET_KEY")
    assert settings.base_url == "https://api.2checkout.com/rest/6.0"
    assert settings.hash_algorithm == "sha3-256"


def test_code_and_key_are_sufficient() -> None:
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
    variables: dict[str, str], missing: tuple[str, ...]
) -> None:
    settings = make(**variables)
    assert settings.is_set
    assert settings.missing == missing


def test_empty_variables_count_as_unset() -> None:
    settings = make(MERCHANT_CODE="", SECRET_KEY="", BASE_URL="", HASH_ALGORITHM="")
    assert not settings.is_set
    assert settings.base_url == "https://api.2checkout.com/rest/6.0"


def test_a_trailing_slash_of_the_base_url_is_removed() -> None:
    assert make(BASE_URL="https://host/rest/6.0/").base_url == "https://host/rest/6.0"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"HASH_ALGORITHM": "md5"},
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
def test_invalid_values_are_refused(variables: dict[str, str], sentence: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        make(**variables)
    (name,) = variables
    assert str(refusal.value) == f"TWOCHECKOUT_{name} {sentence}."


def test_the_algorithm_may_be_in_capitals() -> None:
    assert make(HASH_ALGORITHM="SHA256").hash_algorithm == "sha256"
