"""`groupgate check`: one cheap question to every configured vendor, and a table for people."""

import asyncio
import time

import typer
from rich.console import Console
from rich.table import Table

from groupgate.app.wiring import Vendors, connect
from groupgate.cli.environment import or_exit, own_settings
from groupgate.domain.errors import UpstreamError
from groupgate.domain.provider import Provider


def check() -> None:
    """Ask every configured vendor one cheap thing. Exits with 1 if one of them fails."""
    settings = or_exit(own_settings)
    vendors = or_exit(lambda: connect(settings=settings))
    if not vendors.providers:
        typer.echo("No vendor is configured. `groupgate serve --sandbox` runs without one.")
        raise typer.Exit(1)
    if not asyncio.run(_check(vendors)):
        raise typer.Exit(1)


async def _check(vendors: Vendors) -> bool:
    providers = list(vendors.providers.values())
    answers = await asyncio.gather(*map(_ask, providers))
    await vendors.aclose()
    table = Table("Vendor", "Answer", "Milliseconds", "What it said")
    for provider, (problem, milliseconds) in zip(providers, answers, strict=True):
        verdict = "[red]failed[/red]" if problem else "[green]ok[/green]"
        table.add_row(provider.name, verdict, f"{milliseconds:.0f}", problem)
    Console().print(table)
    return not any(problem for problem, _ in answers)


async def _ask(provider: Provider) -> tuple[str, float]:
    began = time.perf_counter()
    try:
        await provider.ping()
    except UpstreamError as error:
        return error.message, (time.perf_counter() - began) * 1000
    return "", (time.perf_counter() - began) * 1000
