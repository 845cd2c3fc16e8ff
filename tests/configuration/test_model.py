"""The base class of settings: notations, bounds, messages and masked secrets."""

from pathlib import Path
from typing import ClassVar, Literal

import pytest
from pydantic import SecretStr

from groupgate.configuration.model import (
    Count,
    CountOrZero,
    Misconfigured,
    Port,
    Seconds,
    SecondsOrZero,
    Secret,
    SettingsModel,
    SourcedText,
    WholeSeconds,
)


class Settings(SettingsModel):
    """Settings with a field of each kind."""

    variable_prefix: ClassVar[str] = "SHOP_"

    level: Literal["low", "high"] = "low"
    access: Literal["read", "write"] | None = None
    is_open: bool = True
    count: Count = 1
    rest: CountOrZero = 0
    port: Port = 80
    time: Seconds = 1
    delay: SecondsOrZero = 0
    whole: WholeSeconds = 1
    path: Path | None = None
    url: str = ""
    names: tuple[str, ...] = ()
    token: Secret = ""
    key: SecretStr = SecretStr("")


def message_about(variable: str, text: str) -> str:
    """Return the message about one value."""
    with pytest.raises(Misconfigured) as raised:
        Settings.from_variables({variable: text})
    return str(raised.value)


def test_variables_have_the_prefix_and_the_names_of_fields() -> None:
    variables = Settings.variables()
    assert (variables["SHOP_IS_OPEN"], variables["SHOP_KEY"]) == ("is_open", "key")
    assert len(variables) == len(Settings.model_fields)


def test_only_own_variables_with_a_value_are_read() -> None:
    settings = Settings.from_variables({"SHOP_COUNT": "", "COUNT": "5", "OTHER_COUNT": "6"})
    assert (settings.count, settings.model_fields_set) == (1, set())


@pytest.mark.parametrize("text", ["high", "HIGH", "High"])
def test_a_choice_may_be_in_any_case(text: str) -> None:
    assert Settings.from_variables({"SHOP_LEVEL": text}).level == "high"


def test_an_optional_choice_may_be_in_any_case_too() -> None:
    assert Settings.from_variables({"SHOP_ACCESS": "WRITE"}).access == "write"


@pytest.mark.parametrize(("text", "value"), [("TRUE", True), ("on", True), ("No", False)])
def test_booleans_have_several_notations(text: str, *, value: bool) -> None:
    assert Settings.from_variables({"SHOP_IS_OPEN": text}).is_open is value


@pytest.mark.parametrize(
    ("variable", "text", "problem"),
    [
        ("SHOP_LEVEL", "medium", "must be low or high."),
        ("SHOP_IS_OPEN", "maybe", "must be true or false."),
        ("SHOP_COUNT", "0", "must be greater than 0."),
        ("SHOP_COUNT", "1000000000001", "must be at most 1000000000000."),
        ("SHOP_COUNT", "9" * 5000, "must be at most 1000000000000."),
        ("SHOP_COUNT", "1.5", "must be a whole number."),
        ("SHOP_COUNT", "many", "must be a whole number."),
        ("SHOP_REST", "-1", "must be at least 0."),
        ("SHOP_PORT", "65536", "must be at most 65535."),
        ("SHOP_TIME", "0", "must be greater than 0."),
        ("SHOP_TIME", "inf", "must be a finite number."),
        ("SHOP_TIME", "soon", "must be a number."),
        ("SHOP_DELAY", "-inf", "must be a finite number."),
        ("SHOP_DELAY", "-0.1", "must be at least 0."),
        ("SHOP_WHOLE", "316224001", "must be at most 316224000."),
    ],
)
def test_a_value_that_cannot_work_is_reported_without_it(
    variable: str, text: str, problem: str
) -> None:
    assert message_about(variable, text) == f"{variable} {problem}"


def test_the_message_has_the_source_of_a_value_that_is_not_of_the_environment() -> None:
    assert message_about("SHOP_COUNT", SourcedText("x", "environment")) == (
        "SHOP_COUNT must be a whole number."
    )
    assert message_about("SHOP_COUNT", SourcedText("x", ".env")) == (
        "SHOP_COUNT (.env) must be a whole number."
    )


def test_secrets_are_masked_where_settings_are_shown() -> None:
    given = {
        "SHOP_TOKEN": "s3cret",
        "SHOP_KEY": "s3cret",
        "SHOP_URL": "redis://me:s3@cret@redis:6379/0?password=s3cret&db=1",
        "SHOP_PATH": "/etc/shop",
    }
    settings = Settings.from_variables(given)
    shown = dict(settings.shown())
    assert shown["SHOP_TOKEN"] == shown["SHOP_KEY"] == "***"
    assert shown["SHOP_URL"] == "redis://***@redis:6379/0?password=***&db=1"
    assert (shown["SHOP_PATH"], shown["SHOP_COUNT"]) == (Path("/etc/shop"), 1)


@pytest.mark.parametrize("variable", ["SHOP_TOKEN", "SHOP_KEY", "SHOP_URL", "SHOP_NAMES"])
def test_what_is_empty_is_shown_as_unset(variable: str) -> None:
    assert dict(Settings().shown())[variable] is None
