"""`groupgate serve`: the gateway, over the vendors that are configured or over played ones."""

from typing import Annotated

import httpx
import typer

from groupgate.app.auth.exposure import is_loopback_only
from groupgate.app.factory import create_app
from groupgate.app.lifecycle import Lifecycle
from groupgate.app.logs import configure_logs
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect
from groupgate.cli.environment import or_exit, own_settings
from groupgate.cli.server import run_server
from groupgate.sandbox.app import Sandbox


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Play the vendors instead of calling them.")
    ] = False,
) -> None:
    """Serve the GraphQL API and the explorer. With no vendor configured, the vendors are played.

    Set DODO_PAYMENTS_API_KEY, AXIM_ACCESS_TOKEN and AXIM_BASE_URL, or TWOCHECKOUT_MERCHANT_CODE
    and TWOCHECKOUT_SECRET_KEY to serve the real vendors.
    """
    settings = or_exit(own_settings)
    configure_logs(settings)
    vendors = _played(settings) if sandbox else or_exit(lambda: connect(settings=settings))
    if not vendors.providers:
        vendors, sandbox = _played(settings), True
    only_here = or_exit(lambda: is_loopback_only(settings, host, is_sandbox=sandbox))
    lifecycle = Lifecycle()
    app = or_exit(
        lambda: create_app(vendors, settings, loopback_only=only_here, lifecycle=lifecycle)
    )
    names = ", ".join(provider.name for provider in vendors.providers.values())
    what = f"Sandbox: {names} are played, no vendor is called." if sandbox else f"Serving {names}."
    typer.echo(f"{what} Explorer: http://{_shown(host)}:{port}/", err=True)
    run_server(app, lifecycle, settings, host=host, port=port)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _played(settings: Settings) -> Vendors:
    sandbox = Sandbox()
    return connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox, raise_app_exceptions=False),
        settings,
    )
