"""The README matches the code: settings, commands, the queries and their responses."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from groupgate.app.wiring import setting_names, settings_models
from groupgate.cli.main import app
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
