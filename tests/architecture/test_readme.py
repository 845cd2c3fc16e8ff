"""The README matches the code: settings, commands, the queries and their responses."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from groupgate.app.settings import Settings
from groupgate.app.wiring import setting_names, settings_models
from groupgate.cli.main import app
from groupgate.configuration.sources import read_sources
from tests.e2e.gateway import open_gateway

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "variable", [name for model in settings_models() for name in model.variables()]
)
def test_the_readme_names_every_setting(variable: str) -> None:
    """In code style, so that a search finds it."""
    assert f"`{variable}`" in README


def test_the_readme_names_no_unknown_setting() -> None:
    known = setting_names().known
    named = re.findall(r"`((?:GROUPGATE|DODO_PAYMENTS|AXIM|TWOCHECKOUT)_[A-Z_]+)`", README)
    assert {name for name in named if not {name, name.removesuffix("_FILE")} & set(known)} == set()


def test_the_toml_file_in_the_readme_has_known_names(tmp_path: Path) -> None:
    """Its values are accepted; only the file with the secret does not exist here."""
    file = tmp_path / "gate.toml"
    file.write_text(README.partition("<!-- toml -->")[2].split("```")[1].removeprefix("toml"))
    found = read_sources(setting_names(), {}, file, tmp_path / ".env")
    assert found.unknown == []
    (problem,) = found.problems
    assert problem.startswith(f"AXIM_ACCESS_TOKEN_FILE ({file}) names /run/secrets/axim, which ")
    settings = Settings.from_variables(found.values)
    assert (settings.deadline, settings.cors_origins) == (5, ("https://shop.example",))
    assert found.values["AXIM_BASE_URL"] == "https://axim.example/open-api/api"


def test_the_readme_names_every_command() -> None:
    commands = getattr(get_command(app), "commands")  # noqa: B009 # typer hides click's group
    assert [name for name in commands if f"groupgate {name}" not in README] == []


@pytest.mark.anyio
async def test_the_first_query_in_the_readme_returns_the_response_below_it() -> None:
    """Verbatim, on the sandbox."""
    asked = re.search(r"-d '(\{\"query\":.*?\})'\n```", README, re.DOTALL)
    answer = re.search(r"```json\n(\{\"data\":.*?)\n```", README, re.DOTALL)
    assert asked
    assert answer
    async with open_gateway() as gateway:
        response = await gateway.http.post(
            "/graphql", content=asked[1], headers={"content-type": "application/json"}
        )
    assert response.json() == json.loads(answer[1])


@pytest.mark.anyio
async def test_the_pricing_page_in_the_readme_returns_the_response_below_it() -> None:
    """On the sandbox, with the variables that the README gives."""
    found = re.search(
        r"```graphql\n(query .*?)```\n+```json\n(.*?)```.*?```json\n(.*?)```", README, re.DOTALL
    )
    assert found
    document, variables, answer = found.groups()
    async with open_gateway() as gateway:
        data = await gateway.data(document, **json.loads(variables))
    assert {"data": data} == json.loads(answer)
