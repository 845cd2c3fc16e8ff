"""`groupgate serve`: the gateway, with the configured vendors or with the simulators."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final

import httpx
import structlog
import typer

from groupgate.app.bind_check import is_loopback_only
from groupgate.app.factory import create_app
from groupgate.app.health import Lifecycle, Mode
from groupgate.app.logs import uses_json
from groupgate.app.metrics.workers import Worker
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect, make_stores, required_variables
from groupgate.cli.configuration import read_configuration
from groupgate.cli.errors import fail, or_fail
from groupgate.cli.listening import Address
from groupgate.cli.server import Service, run_server, run_workers
from groupgate.stores import Stores

_PREFIX: Final = re.compile(r"/[A-Za-z0-9._~/-]*")

_log = structlog.get_logger()


def serve(
    *,
    host: str,
    port: int,
    uds: Path | None,
    root_path: str,
    sandbox: bool,
    workers: int,
    federation: bool,
    config: Path | None,
) -> None:
    """Serve until a signal arrives; end the command if an option or a setting cannot work."""
    configuration = read_configuration(config)
    settings, variables = configuration.settings, configuration.variables
    if federation and settings.trusted_documents is not None:
        fail(
            "GROUPGATE_TRUSTED_DOCUMENTS cannot be set with --federation: a router writes its "
            "documents itself."
        )
    address = Address(host="localhost" if uds else host, port=port, uds=uds)
    if workers > 1:
        _check_workers(settings, is_sandbox=sandbox)
    make = partial(
        _make,
        variables,
        settings,
        address=address,
        is_sandbox=sandbox,
        root_path=_prefix(root_path),
        federation=federation,
    )
    vendors, service = make()
    _announce(vendors, address, workers)
    if workers == 1:
        run_server(service, settings, address)
    else:
        run_workers(lambda worker: make(worker=worker)[1], settings, address, workers)


def _make(
    variables: Mapping[str, str],
    settings: Settings,
    *,
    address: Address,
    is_sandbox: bool,
    root_path: str,
    federation: bool,
    worker: Worker | None = None,
) -> tuple[Vendors, Service]:
    """Return the vendors, and the app over them; end the command if a setting cannot work."""
    stores = or_fail(lambda: make_stores(settings))
    if stores.connection is not None:
        connection = stores.connection
        or_fail(lambda: asyncio.run(connection.check()))
    vendors = or_fail(
        lambda: (
            _simulated(settings, stores)
            if is_sandbox
            else connect(variables, settings=settings, stores=stores)
        )
    )
    if not vendors.providers:
        fail(_no_vendor())
    loopback_only = or_fail(lambda: is_loopback_only(settings, address.host, is_sandbox=is_sandbox))
    lifecycle = Lifecycle()
    app = or_fail(
        lambda: create_app(
            vendors,
            settings,
            stores=stores,
            loopback_only=loopback_only,
            lifecycle=lifecycle,
            root_path=root_path,
            federation=federation,
            worker=worker,
        )
    )
    return vendors, Service(app=app, lifecycle=lifecycle, accounts=len(vendors.providers))


def _check_workers(settings: Settings, *, is_sandbox: bool) -> None:
    """End the command if several workers would contradict one another."""
    if is_sandbox:
        fail("--workers cannot be used with --sandbox: each worker would simulate its own vendors.")
    if not settings.redis_url:
        fail(
            "--workers needs GROUPGATE_REDIS_URL, the Redis that the workers share: without it, "
            "each worker would have its own caches, limits and Idempotency-Keys."
        )


def _prefix(root_path: str) -> str:
    """Return the prefix with a slash at the start and none at the end; "" if there is none."""
    prefix = "/" + root_path.strip("/")
    if _PREFIX.fullmatch(prefix) is None or prefix == "/graphql":
        fail("--root-path must be the path of a URL, such as /catalogue, and not /graphql.")
    return prefix.rstrip("/")


def _no_vendor() -> str:
    variables = [
        f"{' and '.join(names)} for {vendor}" for vendor, names in required_variables().items()
    ]
    return (
        f"No vendor is configured. Set {', or '.join(variables)}. To simulate the vendors, use "
        "--sandbox."
    )


def _announce(vendors: Vendors, address: Address, workers: int) -> None:
    names = [key.title for key in vendors.providers]
    several = {"workers": workers} if workers > 1 else {}
    if uses_json():
        _log.info(
            "server_starting", mode=vendors.mode.value, vendors=names, **several, **address.in_log
        )
        return
    is_sandbox = vendors.mode is Mode.SANDBOX
    start = "Sandbox with simulated vendors:" if is_sandbox else "Serving"
    end = "" if is_sandbox else f" ({vendors.mode.value})"
    end += f" with {workers} workers" if several else ""
    (place,) = (f"{name.capitalize()}: {where}" for name, where in address.in_log.items())
    typer.echo(f"{start} {', '.join(names)}{end}. {place}", err=True)


def _simulated(settings: Settings, stores: Stores) -> Vendors:
    sandbox = import_module("groupgate.sandbox.app").Sandbox()  # not needed for real vendors
    vendors = connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox, raise_app_exceptions=False),
        settings.model_copy(update={"accounts": None}),
        stores=stores,
    )
    return replace(vendors, mode=Mode.SANDBOX)
