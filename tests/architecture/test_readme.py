"""What the README says is true: its settings, its commands, its first query and the answer."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings
from typer.main import get_command

from groupgate.app.settings import Settings
from groupgate.cli.main import app
from groupgate.domain.refs import ProviderKey
from tests.e2e.gateway import open_gateway

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def variables(settings: type[BaseSettings]) -> list[str]:
    """The environment variables that these settings read."""
    prefix = settings.model_config["env_prefix"]
    return [(prefix + name).upper() for name in settings.model_fields]


def all_settings() -> list[type[BaseSettings]]:
    """The gateway's own settings and those of each vendor."""
    vendors = [import_module(f"groupgate.providers.{key.value.lower()}") for key in ProviderKey]
    return [Settings, *(vendor.Settings for vendor in vendors)]


@pytest.mark.parametrize(
    "variable", [one for settings in all_settings() for one in variables(settings)]
)
def test_every_setting_is_named(variable: str) -> None:
    """In code style, so that a search for it ends there."""
    assert f"`{variable}`" in README


def test_no_setting_is_named_that_does_not_exist() -> None:
    """What was renamed or removed is gone from the README too."""
    known = {one for settings in all_settings() for one in variables(settings)}
    named = re.findall(r"`((?:GROUPGATE|DODO_PAYMENTS|AXIM|TWOCHECKOUT)_[A-Z_]+)`", README)
    assert set(named) <= known


def test_every_command_is_named() -> None:
    """With the word that a person types."""
    commands = getattr(get_command(app), "commands")  # noqa: B009 # typer hides click's group
    assert [name for name in commands if f"groupgate {name}" not in README] == []


@pytest.mark.anyio
async def test_the_first_query_gives_the_answer_that_stands_below_it() -> None:
    """Word for word, on the sandbox."""
    asked = re.search(r"-d '(\{\"query\":.*?\})'\n```", README, re.DOTALL)
    answer = re.search(r"```json\n(\{\"data\":.*?)\n```", README, re.DOTALL)
    assert asked
    assert answer
    async with open_gateway() as gateway:
        response = await gateway.http.post(
            "/graphql", content=asked[1], headers={"content-type": "application/json"}
        )
    assert response.json() == json.loads(answer[1])
