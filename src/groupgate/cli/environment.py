"""Settings for commands: what does not add up ends the command with a sentence and status 2."""

from collections.abc import Callable
from typing import TypeVar

import typer
from pydantic import ValidationError

from groupgate.app.misconfigured import Misconfigured
from groupgate.app.settings import Settings

ResultT = TypeVar("ResultT")


def or_exit(make: Callable[[], ResultT]) -> ResultT:
    """Return what `make` makes; end the command if the environment does not add up."""
    try:
        return make()
    except Misconfigured as error:
        typer.secho(f"groupgate: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(2) from None


def own_settings() -> Settings:
    """Read the gateway's own variables; raise Misconfigured if one of them is off."""
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured.of(error, "GROUPGATE_") from None
