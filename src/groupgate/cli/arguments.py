"""Wrong arguments of a command: what is printed or logged of them.

The program is imported only for a log of JSON, so that the usual message appears at once.
"""

import os
from typing import Final, NoReturn

import typer

from groupgate.configuration.sources import CONFIG, Found, Names, read_sources

_FORMAT: Final = "GROUPGATE_LOG_FORMAT"


def fail_for_arguments(error: typer.TyperException) -> NoReturn:
    """Print what is wrong, or log it if the log is JSON, and end the process with the status.

    The format of the log is what the environment, `.env` or the file of GROUPGATE_CONFIG say.
    """
    names = Names(known=frozenset({_FORMAT, CONFIG}), prefixes=())
    if asks_for_json(read_sources(names, os.environ)):
        _log(error.format_message())
    else:
        error.show()  # type: ignore[attr-defined] # all that typer raises itself have it
    raise SystemExit(error.exit_code)


def asks_for_json(found: Found) -> bool:
    """Return True if the log is to be JSON, whatever else is wrong."""
    return found.values.get(_FORMAT, "").lower() == "json"


def _log(problem: str) -> None:
    from groupgate.app.logs import configure_logs
    from groupgate.app.settings import Settings
    from groupgate.cli.errors import log_failure

    configure_logs(Settings.model_construct(log_format="json"))
    log_failure(problem)
