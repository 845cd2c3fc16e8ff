"""/graphql: one request in, one execution, one answer."""

import json
from collections.abc import Mapping
from typing import Any

import strawberry
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from groupgate.app.graphiql.page import explorer_page
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.loaders.request import Loaders
from groupgate.schema.context import Context
from groupgate.schema.present import present
from groupgate.schema.top_level_errors import Told, tell
from groupgate.upstream.scope import request_scope


class _BadRequestError(Exception):
    pass


class GraphQLEndpoint:
    """Answers GET and POST; a browser that opens it gets the explorer."""

    def __init__(
        self, schema: strawberry.Schema, providers: Mapping[ProviderKey, Provider]
    ) -> None:
        self._schema = schema
        self._providers = providers

    async def __call__(self, request: Request) -> Response:
        """Handle one request."""
        if request.method == "GET" and _is_browser(request):
            return await explorer_page(request)
        try:
            asked = await _asked(request)
        except (_BadRequestError, ValueError) as error:
            return _refusal(str(error))
        return await self._execute(asked, request.scope["request_id"])

    async def _execute(self, asked: Mapping[str, Any], request_id: str) -> Response:
        context = Context(
            providers=self._providers,
            loaders=Loaders(self._providers),
            request_id=request_id,
            present=present,
        )
        with request_scope():
            result = await self._schema.execute(
                asked["query"],
                variable_values=asked.get("variables"),
                operation_name=asked.get("operationName"),
                context_value=context,
            )
        return _answer(result, request_id)


def _is_browser(request: Request) -> bool:
    wants_page = "text/html" in request.headers.get("accept", "")
    return wants_page and "query" not in request.query_params


async def _asked(request: Request) -> Mapping[str, Any]:
    if request.method == "GET":
        asked: Any = dict(request.query_params)
        if "variables" in asked:
            asked["variables"] = json.loads(asked["variables"])
    else:
        asked = json.loads(await request.body())
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise _BadRequestError('The request must be a JSON object with a text "query".')
    if not isinstance(asked.get("variables") or {}, dict):
        raise _BadRequestError('"variables" must be a JSON object.')
    return asked


def _answer(result: Any, request_id: str) -> Response:
    told: dict[str, Any] = {}
    if result.errors:
        told["errors"] = tell(result.errors, request_id)
    if result.data is None and result.errors and not any(e.path for e in result.errors):
        return JSONResponse(told, status_code=400)
    return JSONResponse({"data": result.data, **told})


def _refusal(message: str) -> Response:
    errors: list[Told] = [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]
    return JSONResponse({"errors": errors}, status_code=400)
