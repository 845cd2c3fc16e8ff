"""Errors of commands: a sentence on standard error and an exit status."""

from collections.abc import Callable
from typing import NoReturn, TypeVar

import structlog
import typer

from groupgate.app.logs import uses_json
from groupgate.configuration.model import Misconfigured

ResultT = TypeVar("ResultT")

_log = structlog.get_logger()


def fail(message: str, status: int = 2) -> NoReturn:
    """Print the message, or log it if the log is JSON, and end the command with this status."""
    if uses_json():
        log_failure(message)
    else:
        typer.secho(f"groupgate: {message}", err=True, fg=typer.colors.RED)
    raise typer.Exit(status)


def log_failure(message: str) -> None:
    """Log why the command ends."""
    _log.error("command_failed", problem=message)


def or_fail(make: Callable[[], ResultT]) -> ResultT:
    """Return the result of `make`; end the command with status 2 if it raises Misconfigured."""
    try:
        return make()
    except Misconfigured as error:
        fail(str(error))
