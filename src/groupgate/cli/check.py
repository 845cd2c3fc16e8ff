"""`groupgate check`: calls every configured vendor once and prints a table."""

import asyncio
import time

import typer

from groupgate.app.wiring import Vendors, connect, make_stores
from groupgate.cli.configuration import ConfigFile, read_configuration
from groupgate.cli.errors import or_fail
from groupgate.domain.errors import Unreachable, UpstreamError
from groupgate.domain.provider import Provider


def check(config: ConfigFile = None) -> None:
    """Call every configured vendor once. Exits with 1 if a call fails."""
    configuration = read_configuration(config)
    settings = configuration.settings
    vendors = or_fail(lambda: connect(configuration.variables, settings=settings))
    store = or_fail(lambda: make_stores(settings)).connection
    if store is not None:
        or_fail(lambda: asyncio.run(store.check()))
    if not vendors.providers:
        typer.echo("No vendor is configured. `groupgate serve --sandbox` needs none.")
        raise typer.Exit(1)
    if not asyncio.run(_all_respond(vendors)):
        raise typer.Exit(1)


async def _all_respond(vendors: Vendors) -> bool:
    providers = list(vendors.providers.values())
    results = await asyncio.gather(*map(_ping, providers))
    await vendors.aclose()
    width = max(len("Vendor"), *(len(provider.key.title) for provider in providers))
    typer.echo(f"{'Vendor':{width}}  Result  Milliseconds  Problem")
    for provider, (problem, milliseconds) in zip(providers, results, strict=True):
        # Padded before it is coloured: escape sequences have no width.
        result = typer.style(
            f"{'failed' if problem else 'ok':6}",
            fg=typer.colors.RED if problem else typer.colors.GREEN,
        )
        line = f"{provider.key.title:{width}}  {result}  {milliseconds:12.0f}  {problem}"
        typer.echo(line.rstrip())
    return not any(problem for problem, _ in results)


async def _ping(provider: Provider) -> tuple[str, float]:
    """Return the problem, empty if there is none, and the milliseconds that the call took."""
    started = time.perf_counter()
    problem = ""
    try:
        await provider.ping()
    except UpstreamError as error:
        problem = error.message
        if isinstance(error, Unreachable) and error.reason:
            problem = f"{problem.rstrip('.')}: {error.reason}."
    return problem, (time.perf_counter() - started) * 1000
