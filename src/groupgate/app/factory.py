"""The factory of the ASGI app: routes, middleware, startup and shutdown."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import strawberry
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from groupgate.app.access_control import AccessControl, Authenticator
from groupgate.app.auth.jwks import MakeTransport
from groupgate.app.bind_check import LoopbackOnly
from groupgate.app.browsers import cors_middleware
from groupgate.app.direct_route import CachedPosts, DirectRoute
from groupgate.app.graphiql.page import explorer_files, explorer_page
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.health import Lifecycle, Phase, health_routes
from groupgate.app.metrics.page import MetricsPage, make_renderer
from groupgate.app.metrics.snapshot import Levels
from groupgate.app.metrics.workers import Measurements, Worker
from groupgate.app.middleware import (
    OriginForm,
    RelativeRedirects,
    RequestId,
    RootPath,
    SecurityHeaders,
    UnexpectedErrors,
    WebSocketRefusal,
    handle_http_error,
)
from groupgate.app.observers import GatewayObserver
from groupgate.app.protocol.responses import Compressor
from groupgate.app.query_cache import QueryCache
from groupgate.app.settings import Settings
from groupgate.app.tracing.tracer import Tracing, traced_reads
from groupgate.app.wiring import DEFAULT_TRANSPORT, Vendors, make_stores
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey
from groupgate.observer import Observer
from groupgate.schema.build import build_schema
from groupgate.stores import Stores

_log = structlog.get_logger()


def create_app(  # noqa: PLR0913 - the arguments after `settings` are options
    vendors: Vendors,
    settings: Settings,
    *,
    stores: Stores | None = None,
    observer: Observer | None = None,
    loopback_only: bool = False,
    transport: MakeTransport = DEFAULT_TRANSPORT,
    lifecycle: Lifecycle | None = None,
    root_path: str = "",
    federation: bool = False,
    worker: Worker | None = None,
) -> Starlette:
    """Make the gateway over these vendors; it closes their connections when it stops.

    By default, `stores` are in memory, and `observer` is that of the vendors. Metrics are served
    only if it is a GatewayObserver. `transport` makes the connection to the issuer of JWTs;
    `lifecycle` is shared with the server. `root_path` is the prefix of the paths that clients see,
    such as `/shop`, behind a proxy. With `federation` the API is also that of a subgraph. A
    `worker` serves the metrics of all workers.
    Raises Misconfigured if a file that the settings name cannot be used.
    """
    own_lifecycle = lifecycle or Lifecycle()
    used_stores = stores or make_stores(settings)
    authenticator = Authenticator.from_settings(settings, transport)
    _warn_of_unknown_accounts(authenticator, vendors)
    access_control = AccessControl(settings, authenticator, used_stores.buckets)
    schema = build_schema(federation=federation)
    used_observer = observer or vendors.observer or GatewayObserver(settings)
    own_observer = used_observer if isinstance(used_observer, GatewayObserver) else None
    tracing = own_observer.tracing if own_observer else None
    query_cache = _query_cache(vendors, settings)
    cached = CachedPosts(query_cache, access_control.only_caller, used_observer, settings.deadline)
    endpoint = GraphQLEndpoint(
        schema,
        _traced(vendors.providers, tracing) if tracing else vendors.providers,
        settings,
        access_control,
        stores=used_stores,
        observer=used_observer,
        query_cache=query_cache,
        tracer=tracing,
    )
    own_lifecycle.reload = endpoint.reload
    direct = Middleware(DirectRoute, endpoint, cached, loopback_only=loopback_only)
    levels = Levels(
        vendors=vendors.levels,
        admission=endpoint.admission,
        query_cache=query_cache,
        lifecycle=own_lifecycle,
        store=used_stores.connection,
    )
    counts = own_observer.counts if own_observer else None
    measurements = Measurements(counts, levels, worker) if counts else None
    metrics = _metrics(vendors, settings, measurements)
    return Starlette(
        routes=[
            Route("/graphql", endpoint),
            Route("/graphql/", endpoint),
            *health_routes(vendors.providers, own_lifecycle, vendors.mode, used_stores.connection),
            *_public_routes(schema, settings, endpoint.compressor),
        ],
        middleware=[
            *(metrics if settings.metrics_port else []),
            *([Middleware(OriginForm), Middleware(RootPath, root_path)] if root_path else []),
            *([Middleware(tracing.wrap)] if tracing else []),
            *([] if settings.cors_origins else [direct]),
            *_middleware(settings, metrics, loopback_only=loopback_only),
        ],
        exception_handlers={HTTPException: handle_http_error},
        lifespan=_lifespan(vendors, own_lifecycle, used_stores, own_observer, measurements),
    )


def _metrics(
    vendors: Vendors, settings: Settings, measurements: Measurements | None
) -> list[Middleware]:
    """The middleware that serves the metrics; none if there are none, or not to callers.

    On the gateway's port, callers could read there which accounts there are.
    """
    render = make_renderer(measurements) if measurements else None
    is_shown = settings.metrics_port is not None or not vendors.has_named_accounts
    if render is None or not is_shown:
        return []
    return [Middleware(MetricsPage, render, settings.metrics_port)]


def _warn_of_unknown_accounts(authenticator: Authenticator, vendors: Vendors) -> None:
    """Log the accounts that only the scopes of tokens name: such a scope permits nothing."""
    for account in authenticator.named_accounts() - vendors.providers.keys():
        _log.warning("token_account_unknown", **account.labels)


def _lifespan(
    vendors: Vendors,
    lifecycle: Lifecycle,
    stores: Stores,
    observer: GatewayObserver | None,
    measurements: Measurements | None,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    """Set the phase of the process and measure its lag; close the connections at the end."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        if vendors.notices is not None:
            await vendors.notices.start()
        measuring = None if measurements is None else asyncio.create_task(measurements.run())
        lifecycle.phase = Phase.READY
        yield
        if measuring is not None:
            measuring.cancel()
        lifecycle.phase = Phase.STOPPING
        await vendors.aclose()
        if stores.connection is not None:
            await stores.connection.aclose()
        if observer is not None:
            await observer.aclose()

    return lifespan


def _traced(
    providers: Mapping[AccountKey, Provider], tracing: Tracing
) -> dict[AccountKey, Provider]:
    return {key: traced_reads(provider, tracing) for key, provider in providers.items()}


def _query_cache(vendors: Vendors, settings: Settings) -> QueryCache:
    """The query cache; disabled if the responses of vendors are not cached, or writes not counted.

    With GROUPGATE_CACHE_TTL=0 every request calls the vendors, so requests share no queries.
    """
    counts_writes = len(vendors.vendor_state) == len(vendors.providers)
    return QueryCache(
        ttl=settings.cache_ttl if counts_writes else 0,
        max_bytes=settings.response_cache_bytes,
        counters=vendors.write_counters(),
        may_use_memory=None if vendors.notices is None else vendors.notices.may_use_memory,
    )


def _middleware(
    settings: Settings, metrics: Iterable[Middleware], *, loopback_only: bool
) -> list[Middleware]:
    """The middleware, from the outermost to the innermost.

    The metrics are outside of CORS: pages of other origins may not read them.
    """
    return [
        Middleware(OriginForm),
        Middleware(RequestId),
        Middleware(SecurityHeaders),
        *([Middleware(LoopbackOnly)] if loopback_only else []),
        *([] if settings.metrics_port else metrics),
        *cors_middleware(settings),
        Middleware(WebSocketRefusal),
        Middleware(RelativeRedirects),
        Middleware(UnexpectedErrors),
    ]


def _public_routes(
    schema: strawberry.Schema, settings: Settings, compressor: Compressor
) -> list[BaseRoute]:
    """The schema as a file, unless introspection is disabled, and the explorer."""
    routes: list[BaseRoute] = []
    if settings.introspection:
        sdl = schema.as_str() + "\n"

        async def schema_file(request: Request) -> Response:
            response = PlainTextResponse(sdl, headers={"Cache-Control": "no-cache"})
            compressor.apply(response, request.headers, is_repeated=True)
            return response

        routes.append(Route("/schema.graphql", schema_file))
    if settings.explorer:
        routes += [Route("/", explorer_page), explorer_files()]
    return routes
