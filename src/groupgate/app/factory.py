"""Makes the ASGI app of the gateway: routes, middleware, what happens at its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from groupgate.app.access_control import AccessControl
from groupgate.app.browsers import cors
from groupgate.app.graphiql.page import explorer_files, explorer_page
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.health import health_routes
from groupgate.app.http_errors import tell_http_error
from groupgate.app.lifecycle import Lifecycle, Phase
from groupgate.app.middleware.failures import Failures
from groupgate.app.middleware.request_id import RequestId
from groupgate.app.middleware.security_headers import SecurityHeaders
from groupgate.app.middleware.this_machine import LoopbackOnly
from groupgate.app.sdl import sdl_route
from groupgate.app.settings import Settings
from groupgate.app.wiring import MakeTransport, Vendors
from groupgate.schema.build import build_schema


def create_app(
    vendors: Vendors,
    settings: Settings,
    *,
    loopback_only: bool = False,
    transport: MakeTransport = httpx.AsyncHTTPTransport,
    lifecycle: Lifecycle | None = None,
) -> Starlette:
    """Make the gateway over these vendors; it closes their connections when it stops.

    `transport` leads to the issuer of JWTs; `lifecycle` is shared with the server. Raises
    Misconfigured if a file that the settings name cannot be used.
    """
    access_control, own = AccessControl(settings, transport), lifecycle or Lifecycle()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        own.phase = Phase.READY
        yield
        own.phase = Phase.STOPPING
        await vendors.aclose()

    return Starlette(
        routes=_routes(vendors, settings, access_control, own),
        middleware=[
            Middleware(RequestId),
            Middleware(SecurityHeaders),
            *([Middleware(LoopbackOnly)] if loopback_only else []),
            *cors(settings),
            Middleware(Failures),
        ],
        exception_handlers={HTTPException: tell_http_error},
        lifespan=lifespan,
    )


def _routes(
    vendors: Vendors, settings: Settings, access_control: AccessControl, lifecycle: Lifecycle
) -> list[BaseRoute]:
    schema = build_schema()
    routes: list[BaseRoute] = [
        Route("/graphql", GraphQLEndpoint(schema, vendors.providers, settings, access_control)),
        *health_routes(vendors.providers, lifecycle),
    ]
    if settings.introspection:
        routes.append(sdl_route(schema))
    if settings.explorer:
        routes += [Route("/", explorer_page), explorer_files()]
    return routes
