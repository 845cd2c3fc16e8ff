"""What every command does first: read the configuration, configure the log, warn of odd names."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import setting_names
from groupgate.cli.arguments import asks_for_json
from groupgate.cli.errors import fail, or_fail
from groupgate.configuration.model import SourcedText
from groupgate.configuration.sources import Found, read_sources

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """The gateway's own settings, and the variables from which they and the vendors' are made."""

    settings: Settings
    variables: Mapping[str, SourcedText]


def read_configuration(config: Path | None) -> Configuration:
    """Read all sources and configure the log; end the command with 2 if something cannot work.

    The format of the log also applies to the message about other values.
    """
    found = read_sources(setting_names(), os.environ, config)
    if asks_for_json(found):
        configure_logs(Settings.model_construct(log_format="json"))
    if found.problems:
        fail(" ".join(found.problems))
    settings = or_fail(lambda: Settings.from_variables(found.values))
    configure_logs(settings)
    _warn(found)
    return Configuration(settings=settings, variables=found.values)


def _warn(found: Found) -> None:
    for each in found.unknown:
        hint = {"nearest": each.nearest} if each.nearest else {}
        _log.warning("setting_unknown", setting=each.name, source=each.source, **hint)
