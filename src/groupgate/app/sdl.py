"""/schema.graphql: the contract with clients, in GraphQL's own language."""

import strawberry
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def sdl_route(schema: strawberry.Schema) -> Route:
    """Return the route; it is left out where introspection is turned off."""
    sdl = schema.as_str() + "\n"

    async def answer(_request: Request) -> Response:
        return PlainTextResponse(sdl)

    return Route("/schema.graphql", answer)
