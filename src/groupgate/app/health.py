"""The phase of the process, and the routes `/healthz` and `/readyz` that report it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey, ProviderKey
from groupgate.stores import StoreConnection

_NOT_CACHED: Final = {"Cache-Control": "no-store"}


def _nothing_to_reload() -> None:
    """The reload of a process without an app."""


class Phase(StrEnum):
    """The `status` in the response of `/readyz`."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Mode(StrEnum):
    """The `mode` in the response of `/readyz`: what the vendors behind the gateway are."""

    SANDBOX = "sandbox"
    """The vendors are simulated in this process."""
    TEST = "test"
    """Every vendor is called at its test host."""
    LIVE = "live"
    """At least one vendor is called at a host that may be its production."""


@dataclass(slots=True)
class Lifecycle:
    """What the server and the app tell each other about the process.

    The server sets STOPPING when it receives a signal. The app sets `reload`, which the server
    calls on SIGHUP: it reads the files of the settings again. The server sets `count_connections`,
    which returns the open connections of clients.
    """

    phase: Phase = Phase.STARTING
    reload: Callable[[], None] = _nothing_to_reload
    count_connections: Callable[[], int] | None = None


def health_routes(
    providers: Mapping[AccountKey, Provider],
    lifecycle: Lifecycle,
    mode: Mode,
    store: StoreConnection | None = None,
) -> list[Route]:
    """Return the routes `/healthz` (the process lives) and `/readyz` (it accepts requests).

    Requests are accepted also while the shared store does not respond.
    """

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_NOT_CACHED)

    async def readyz(_request: Request) -> Response:
        states = _states(providers)
        body: dict[str, object] = {
            "status": lifecycle.phase.value,
            "mode": mode.value,
            "providers": states,
        }
        if store is not None:
            body["store"] = "ok" if await store.probe() else "degraded"
        status = 200 if lifecycle.phase is Phase.READY else 503
        return JSONResponse(body, status, headers=_NOT_CACHED)

    return [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
    ]


def _states(providers: Mapping[AccountKey, Provider]) -> dict[str, str]:
    """Return the states of the vendors, without those whose accounts have names.

    Everybody can read them, but a caller must not notice that there are accounts of others.
    """
    return {
        key.value: provider.status.state.value
        for key, provider in providers.items()
        if isinstance(key, ProviderKey)
    }
