"""The environment variables of Dodo Payments."""

import pytest

from groupgate.configuration.model import Misconfigured
from groupgate.providers.dodo import Settings

VARIABLES = ("DODO_PAYMENTS_API_KEY", "DODO_PAYMENTS_BASE_URL", "DODO_PAYMENTS_ENVIRONMENT")


def test_without_variables_the_vendor_is_not_configured() -> None:
    settings = Settings.from_variables({})
    assert not settings.is_set
    assert settings.missing == ("DODO_PAYMENTS_API_KEY",)


def test_the_key_alone_selects_test_mode() -> None:
    settings = Settings.from_variables({"DODO_PAYMENTS_API_KEY": "sk_1"})
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
        ("LIVE_MODE", "https://live.dodopayments.com"),
    ],
)
def test_the_environment_selects_the_host(environment: str, base_url: str) -> None:
    assert Settings.from_variables({"DODO_PAYMENTS_ENVIRONMENT": environment}).base_url == base_url


@pytest.mark.parametrize("environment", ["production", "live", " test_mode"])
def test_an_unknown_environment_is_refused(environment: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"DODO_PAYMENTS_ENVIRONMENT": environment})
    assert str(caught.value) == "DODO_PAYMENTS_ENVIRONMENT must be test_mode or live_mode."


def test_a_base_url_overrides_the_environment() -> None:
    url = "http://127.0.0.1:8081/dodo/"
    variables = {"DODO_PAYMENTS_ENVIRONMENT": "live_mode", "DODO_PAYMENTS_BASE_URL": url}
    assert Settings.from_variables(variables).base_url == "http://127.0.0.1:8081/dodo"


@pytest.mark.parametrize(
    "base_url", ["dodo.test", "ftp://dodo.test", "http://", "http://a.test:port", "/"]
)
def test_an_invalid_base_url_is_refused(base_url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"DODO_PAYMENTS_BASE_URL": base_url})
    assert str(caught.value) == "DODO_PAYMENTS_BASE_URL must be an http or https address."


@pytest.mark.parametrize(
    ("name", "value"),
    [("DODO_PAYMENTS_BASE_URL", "http://dodo.test"), ("DODO_PAYMENTS_ENVIRONMENT", "test_mode")],
)
def test_any_variable_without_the_key_leaves_it_missing(name: str, value: str) -> None:
    settings = Settings.from_variables({name: value})
    assert settings.is_set
    assert settings.missing == ("DODO_PAYMENTS_API_KEY",)


@pytest.mark.parametrize("name", VARIABLES)
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    settings = Settings.from_variables({name: ""})
    assert not settings.is_set
    assert settings.base_url == "https://test.dodopayments.com"


def test_variables_without_the_prefix_are_ignored() -> None:
    others = {"ENVIRONMENT": "production", "API_KEY": "x", "BASE_URL": "http://elsewhere.test"}
    assert not Settings.from_variables(others).is_set


@pytest.mark.parametrize("key", ["sk_ü", "sk_1\n", "sk_1\r\nX-Other: 1"])
def test_a_key_that_no_header_can_contain_is_refused(key: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"DODO_PAYMENTS_API_KEY": key})
    assert str(caught.value) == "DODO_PAYMENTS_API_KEY must be of printable ASCII characters."
    assert key not in str(caught.value)


def test_the_key_is_not_shown() -> None:
    assert "sk_secret" not in repr(Settings.from_variables({"DODO_PAYMENTS_API_KEY": "sk_secret"}))


def test_a_key_in_the_wrong_variable_is_not_shown() -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"DODO_PAYMENTS_ENVIRONMENT": "sk_secret"})
    assert "sk_secret" not in str(caught.value)
