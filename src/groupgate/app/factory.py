"""Makes the ASGI app of the gateway: routes, middleware, what happens at its end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from groupgate.app.graphiql.page import explorer_files, explorer_page
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.health import health_routes
from groupgate.app.middleware.request_id import RequestId
from groupgate.app.wiring import Vendors
from groupgate.schema.build import build_schema


def create_app(vendors: Vendors) -> Starlette:
    """Make the gateway over these vendors; it closes their connections when it stops."""
    schema = build_schema()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await vendors.aclose()

    return Starlette(
        routes=[
            Route("/", explorer_page),
            Route("/graphql", GraphQLEndpoint(schema, vendors.providers), methods=["GET", "POST"]),
            explorer_files(),
            *health_routes(vendors.providers, schema.as_str() + "\n"),
        ],
        middleware=[Middleware(RequestId)],
        lifespan=lifespan,
    )
