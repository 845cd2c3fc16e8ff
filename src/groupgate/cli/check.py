"""`groupgate check`: tries everything that the settings name once, and prints a table."""

import asyncio
from pathlib import Path
from typing import Final

import structlog
import typer

from groupgate.app.inspection import Finding, inspect_files, inspect_services
from groupgate.app.logs import uses_json
from groupgate.app.settings import Settings
from groupgate.app.wiring import DEFAULT_TRANSPORT, Vendors, connect, make_stores
from groupgate.cli.configuration import read_configuration
from groupgate.cli.errors import fail, or_fail
from groupgate.stores import StoreConnection

_SUBJECT: Final = "Subject"

_NO_VENDOR: Final = "No vendor is configured. `groupgate serve --sandbox` needs none."

_log = structlog.get_logger()


def check(config: Path | None) -> None:
    """Try everything once; end with 1 if a call fails, with 2 if a setting or a file is wrong."""
    configuration = read_configuration(config)
    settings = configuration.settings
    vendors = or_fail(lambda: connect(configuration.variables, settings=settings))
    store = or_fail(lambda: make_stores(settings)).connection
    files = or_fail(lambda: inspect_files(settings))
    services = or_fail(lambda: asyncio.run(_inspect(settings, vendors, store)))
    _report([*files, *services])
    if not vendors.providers:
        fail(_NO_VENDOR, 1)
    if any(finding.problem for finding in services):
        raise typer.Exit(1)


async def _inspect(
    settings: Settings, vendors: Vendors, store: StoreConnection | None
) -> list[Finding]:
    try:
        return await inspect_services(settings, vendors.providers, store, DEFAULT_TRANSPORT)
    finally:
        await vendors.aclose()


def _report(findings: list[Finding]) -> None:
    if uses_json():
        for finding in findings:
            _log_finding(finding)
    elif findings:
        _print(findings)


def _log_finding(finding: Finding) -> None:
    details = {
        "detail": finding.detail,
        "milliseconds": finding.milliseconds and round(finding.milliseconds),
    }
    given = {name: value for name, value in details.items() if value}
    if finding.problem:
        _log.error("check_failed", subject=finding.subject, problem=finding.problem, **given)
    else:
        _log.info("check_passed", subject=finding.subject, **given)


def _print(findings: list[Finding]) -> None:
    width = max(len(_SUBJECT), *(len(finding.subject) for finding in findings))
    typer.echo(f"{_SUBJECT:{width}}  Result  Milliseconds  Detail")
    for finding in findings:
        # Padded before it is coloured: escape sequences have no width.
        result = typer.style(
            f"{'failed' if finding.problem else 'ok':6}",
            fg=typer.colors.RED if finding.problem else typer.colors.GREEN,
        )
        time = "" if finding.milliseconds is None else f"{finding.milliseconds:.0f}"
        detail = finding.problem or finding.detail
        typer.echo(f"{finding.subject:{width}}  {result}  {time:>12}  {detail}".rstrip())
