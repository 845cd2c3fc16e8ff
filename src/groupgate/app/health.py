"""What operators ask: is it alive, can it answer."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from groupgate.app.lifecycle import Lifecycle, Phase
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey


def health_routes(providers: Mapping[ProviderKey, Provider], lifecycle: Lifecycle) -> list[Route]:
    """Return the routes `/healthz` and `/readyz`."""

    async def alive(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        states = {key.value: provider.status.state.value for key, provider in providers.items()}
        told = {"status": lifecycle.phase.value, "providers": states}
        return JSONResponse(told, 200 if lifecycle.phase is Phase.READY else 503)

    return [
        Route("/healthz", alive),
        Route("/readyz", ready),
    ]
