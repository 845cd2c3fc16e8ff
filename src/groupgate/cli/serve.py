"""`groupgate serve`: the gateway, with the configured vendors or with the simulators."""

import asyncio
import os
from dataclasses import replace
from typing import Annotated

import httpx
import structlog
import typer

from groupgate.app.bind_check import is_loopback_only
from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle, Mode
from groupgate.app.logs import configure_logs, uses_json
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect, make_stores, required_variables
from groupgate.cli.errors import fail, or_fail
from groupgate.cli.server import run_server
from groupgate.sandbox.app import Sandbox

_log = structlog.get_logger()


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Simulate the vendors instead of calling them.")
    ] = False,
) -> None:
    """Serve the GraphQL API and the explorer, with every vendor that is configured.

    Set DODO_PAYMENTS_API_KEY, AXIM_ACCESS_TOKEN and AXIM_BASE_URL, or TWOCHECKOUT_MERCHANT_CODE
    and TWOCHECKOUT_SECRET_KEY to connect to the real vendors, or use --sandbox.
    """
    settings = _read_settings()
    stores = or_fail(lambda: make_stores(settings))
    if stores.connection is not None:
        connection = stores.connection
        or_fail(lambda: asyncio.run(connection.check()))
    vendors = (
        _simulated(settings)
        if sandbox
        else or_fail(lambda: connect(settings=settings, shared_cache=stores.cache))
    )
    if not vendors.providers:
        fail(_no_vendor())
    loopback_only = or_fail(lambda: is_loopback_only(settings, host, is_sandbox=sandbox))
    lifecycle = Lifecycle()
    app = or_fail(
        lambda: create_app(
            vendors,
            settings,
            stores=stores,
            loopback_only=loopback_only,
            lifecycle=lifecycle,
        )
    )
    _announce(vendors, f"http://{_in_url(host)}:{port}/")
    run_server(app, lifecycle, settings, host=host, port=port)


def _read_settings() -> Settings:
    """Read the settings and configure the log, whose format also applies to invalid settings."""
    if os.environ.get("GROUPGATE_LOG_FORMAT") == "json":
        configure_logs(Settings.model_construct(log_format="json"))
    settings = or_fail(Settings.from_environment)
    configure_logs(settings)
    return settings


def _no_vendor() -> str:
    variables = [
        f"{' and '.join(names)} for {vendor}" for vendor, names in required_variables().items()
    ]
    return (
        f"No vendor is configured. Set {', or '.join(variables)}. To simulate the vendors, use "
        "--sandbox."
    )


def _announce(vendors: Vendors, url: str) -> None:
    names = [provider.name for provider in vendors.providers.values()]
    if uses_json():
        _log.info("server_starting", mode=vendors.mode.value, vendors=names, explorer=url)
        return
    is_sandbox = vendors.mode is Mode.SANDBOX
    start = "Sandbox with simulated vendors:" if is_sandbox else "Serving"
    end = "" if is_sandbox else f" ({vendors.mode.value})"
    typer.echo(f"{start} {', '.join(names)}{end}. Explorer: {url}", err=True)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _simulated(settings: Settings) -> Vendors:
    sandbox = Sandbox()
    vendors = connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox, raise_app_exceptions=False),
        settings,
    )
    return replace(vendors, mode=Mode.SANDBOX)
