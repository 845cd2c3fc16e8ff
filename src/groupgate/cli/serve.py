"""`groupgate serve`: the gateway, with the configured vendors or with the simulators."""

from typing import Annotated

import httpx
import typer

from groupgate.app.bind_check import is_loopback_only
from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect, make_stores
from groupgate.cli.errors import or_fail
from groupgate.cli.server import run_server
from groupgate.sandbox.app import Sandbox


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Simulate the vendors instead of calling them.")
    ] = False,
) -> None:
    """Serve the GraphQL API and the explorer. With no vendor configured, all are simulated.

    Set DODO_PAYMENTS_API_KEY, AXIM_ACCESS_TOKEN and AXIM_BASE_URL, or TWOCHECKOUT_MERCHANT_CODE
    and TWOCHECKOUT_SECRET_KEY to connect to the real vendors.
    """
    settings = or_fail(Settings.from_environment)
    configure_logs(settings)
    vendors = _simulated(settings) if sandbox else or_fail(lambda: connect(settings=settings))
    if not vendors.providers:
        vendors, sandbox = _simulated(settings), True
    loopback_only = or_fail(lambda: is_loopback_only(settings, host, is_sandbox=sandbox))
    lifecycle = Lifecycle()
    app = or_fail(
        lambda: create_app(
            vendors,
            settings,
            stores=make_stores(settings),
            loopback_only=loopback_only,
            lifecycle=lifecycle,
        )
    )
    names = ", ".join(provider.name for provider in vendors.providers.values())
    mode = f"Sandbox with simulated vendors: {names}." if sandbox else f"Serving {names}."
    typer.echo(f"{mode} Explorer: http://{_in_url(host)}:{port}/", err=True)
    run_server(app, lifecycle, settings, host=host, port=port)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _simulated(settings: Settings) -> Vendors:
    sandbox = Sandbox()
    return connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox, raise_app_exceptions=False),
        settings,
    )
