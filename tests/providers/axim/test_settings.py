"""The environment variables of Axim Commerce."""

import pytest

from groupgate.configuration.model import Misconfigured
from groupgate.providers.axim import Settings


def test_without_variables_the_vendor_is_not_configured() -> None:
    settings = Settings.from_variables({})
    assert not settings.is_set
    assert settings.missing == ("AXIM_ACCESS_TOKEN", "AXIM_BASE_URL")


def test_both_variables_are_required_and_sufficient() -> None:
    settings = Settings.from_variables(
        {"AXIM_ACCESS_TOKEN": "token", "AXIM_BASE_URL": "https://shop.test/open-api/api"}
    )
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
    variable: str, value: str, missing: str
) -> None:
    settings = Settings.from_variables({variable: value})
    assert settings.is_set
    assert settings.missing == (missing,)


def test_an_empty_variable_counts_as_unset() -> None:
    assert not Settings.from_variables({"AXIM_ACCESS_TOKEN": "", "AXIM_BASE_URL": ""}).is_set


@pytest.mark.parametrize("end", ["", "/", "//"])
def test_trailing_slashes_of_the_base_url_are_removed(end: str) -> None:
    assert (
        Settings.from_variables({"AXIM_BASE_URL": f"https://shop.test/api{end}"}).base_url
        == "https://shop.test/api"
    )


@pytest.mark.parametrize(
    "address", ["shop.test", "ftp://shop.test", "https://", "http://shop.test:x", "/"]
)
def test_an_invalid_base_url_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"AXIM_BASE_URL": address})
    assert str(caught.value) == "AXIM_BASE_URL must be an http or https address."


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("https://user:s3cret@shop.test", "must have no user name or password before the host."),
        (
            "https://shop.test?key=s3cret",
            "must have no query (?) and no fragment (#), as paths are added to it.",
        ),
        (
            "https://shop.test/api#s3cret",
            "must have no query (?) and no fragment (#), as paths are added to it.",
        ),
    ],
)
def test_a_base_url_to_which_no_path_can_be_added_is_refused(address: str, problem: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Settings.from_variables({"AXIM_BASE_URL": address})
    assert str(caught.value) == f"AXIM_BASE_URL {problem}"


def test_the_token_is_not_shown() -> None:
    assert "very-secret" not in repr(Settings.from_variables({"AXIM_ACCESS_TOKEN": "very-secret"}))
