"""`groupgate config`: prints the settings that are in force, and where each was found."""

import json
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import typer

from groupgate.app.settings import RateWindow, Settings, rate_setting
from groupgate.app.wiring import named_accounts, policy_of, settings_models
from groupgate.cli.configuration import Configuration, read_configuration
from groupgate.cli.errors import or_fail
from groupgate.configuration.model import SettingsModel, SourcedText
from groupgate.domain.refs import ProviderKey


def config(file: Path | None) -> None:
    """Print the settings as TOML, the source of each as a comment, and secrets as `***`."""
    configuration = read_configuration(file)
    own = or_fail(lambda: [*_own_lines(configuration)])
    named = or_fail(lambda: [*_account_lines(configuration.settings.accounts)])
    for line in (*own, *named):
        typer.echo(line)


def _own_lines(configuration: Configuration) -> Iterator[str]:
    """Yield the lines of the gateway's settings, and of each vendor's only account."""
    variables, defaults = configuration.variables, _defaults(configuration.settings)
    for model in settings_models():
        yield from _lines(model.from_variables(variables), variables, defaults)


def _account_lines(file: Path | None) -> Iterator[str]:
    """Yield the lines of the accounts in the file, as comments: its tables are not repeated."""
    accounts = {} if file is None else named_accounts(file)
    _, *vendor_models = settings_models()
    for key, model in zip(ProviderKey, vendor_models, strict=True):
        for account in accounts.get(key, ()):
            yield f"# {account.key.title}"
            settings = model.from_variables(account.variables)
            for line in _lines(settings, account.variables):
                yield f"# {line.removeprefix('# ')}" if line else ""


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
    settings: SettingsModel,
    variables: Mapping[str, SourcedText],
    defaults: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[str]:
    for name, shown in settings.shown():
        value = defaults.get(name) if shown is None else shown
        source = variables[name].source if name in variables else "default"
        yield f"# {name} is not set" if value is None else f"{name} = {_toml(value)}  # {source}"
    yield ""


def _toml(value: object) -> str:
    """Return a value in the notation of TOML, which JSON's is for the values of settings."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
