"""`groupgate config`: prints the settings that are in force, and where each was found."""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import get_args

import typer

from groupgate.app.settings import RateWindow, Settings, rate_setting
from groupgate.app.wiring import policy_of, settings_models
from groupgate.cli.configuration import ConfigFile, read_configuration
from groupgate.cli.errors import or_fail
from groupgate.configuration.model import SettingsModel, SourcedText
from groupgate.domain.refs import ProviderKey


def config(config: ConfigFile = None) -> None:
    """Print the settings that are in force as TOML, each with its source. Secrets are `***`."""
    configuration = read_configuration(config)
    variables = configuration.variables
    settings = or_fail(lambda: [each.from_variables(variables) for each in settings_models()])
    defaults = _defaults(configuration.settings)
    for each in settings:
        for line in _lines(each, variables, defaults):
            typer.echo(line)


def _defaults(settings: Settings) -> Mapping[str, object]:
    """Return the values of unset variables whose defaults depend on others."""
    rates = {
        f"GROUPGATE_{rate_setting(key, window)}".upper(): getattr(policy_of(settings, key), window)
        for key, window in product(ProviderKey, get_args(RateWindow))
    }
    return {
        "GROUPGATE_ANONYMOUS": settings.anonymous_permission,
        **{name: rate.calls for name, rate in rates.items()},
    }


def _lines(
    settings: SettingsModel, variables: Mapping[str, SourcedText], defaults: Mapping[str, object]
) -> list[str]:
    lines = []
    for name, shown in settings.shown():
        value = defaults.get(name) if shown is None else shown
        source = variables[name].source if name in variables else "default"
        if value is None:
            lines.append(f"# {name} is not set")
        else:
            lines.append(f"{name} = {_toml(value)}  # {source}")
    return [*lines, ""]


def _toml(value: object) -> str:
    """Return a value in the notation of TOML, which JSON's is for the values of settings."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
