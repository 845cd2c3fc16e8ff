"""The phase of the process, and the routes `/healthz` and `/readyz` that report it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from groupgate.domain.provider import Provider, ProviderState
from groupgate.domain.refs import AccountKey
from groupgate.stores import StoreConnection

_NOT_CACHED: Final = {"Cache-Control": "no-store"}


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
    """The phase of the process; the server sets STOPPING when it receives a signal."""

    phase: Phase = Phase.STARTING


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
    """Return the state of each vendor: the worst of its accounts, whose names stay private."""
    order = list(ProviderState)
    states: dict[str, ProviderState] = {}
    for key, provider in providers.items():
        name, state = key.vendor.value, provider.status.state
        states[name] = max(states.get(name, state), state, key=order.index)
    return {name: state.value for name, state in states.items()}
