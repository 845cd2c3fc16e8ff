"""The factory of the ASGI app: routes, middleware, startup and shutdown."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

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
from groupgate.app.direct_route import DirectRoute, HotResponses
from groupgate.app.graphiql.page import explorer_files, explorer_page
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.health import Lifecycle, Phase, health_routes
from groupgate.app.metrics.page import MetricsPage, make_renderer
from groupgate.app.metrics.snapshot import Levels
from groupgate.app.metrics.workers import Measurements, Worker
from groupgate.app.middleware import (
    RequestId,
    SecurityHeaders,
    UnexpectedErrors,
    WebSocketRefusal,
    handle_http_error,
)
from groupgate.app.observers import GatewayObserver
from groupgate.app.query_cache import QueryCache
from groupgate.app.settings import Settings
from groupgate.app.targets import OriginForm, RelativeRedirects, RootPath
from groupgate.app.tracing.tracer import Tracing, traced_reads
from groupgate.app.wiring import DEFAULT_TRANSPORT, Vendors, make_stores
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
    gateway = _Gateway(
        vendors=vendors,
        settings=settings,
        stores=stores or make_stores(settings),
        observer=observer or vendors.observer or GatewayObserver(settings),
        lifecycle=lifecycle or Lifecycle(),
    )
    schema = build_schema(federation=federation)
    access_control = gateway.access_control(transport)
    query_cache = gateway.query_cache()
    endpoint = gateway.endpoint(schema, access_control, query_cache)
    hot = HotResponses(
        query_cache, access_control.find_caller, gateway.observer, endpoint.compressor
    )
    direct = Middleware(
        DirectRoute, endpoint, hot, seconds=settings.deadline, loopback_only=loopback_only
    )
    measurements = gateway.measurements(endpoint, query_cache, worker)
    return Starlette(
        routes=gateway.routes(schema, endpoint),
        middleware=gateway.middleware(direct, measurements, root_path, loopback_only=loopback_only),
        exception_handlers={HTTPException: handle_http_error},
        lifespan=gateway.lifespan(measurements),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gateway:
    """What the parts of one app share; its methods make the parts."""

    vendors: Vendors
    settings: Settings
    stores: Stores
    observer: Observer
    lifecycle: Lifecycle

    @property
    def own_observer(self) -> GatewayObserver | None:
        """The observer, if it may have metrics and traces."""
        return self.observer if isinstance(self.observer, GatewayObserver) else None

    @property
    def tracing(self) -> Tracing | None:
        """The traces; None without traces."""
        return self.own_observer.tracing if self.own_observer else None

    def access_control(self, transport: MakeTransport) -> AccessControl:
        """Make the access control; log the accounts that only the scopes of tokens name."""
        authenticator = Authenticator.from_settings(self.settings, transport)
        for account in authenticator.named_accounts() - self.vendors.providers.keys():
            # Such a scope permits nothing.
            _log.warning("token_account_unknown", **account.labels)
        return AccessControl(self.settings, authenticator, self.stores.buckets)

    def query_cache(self) -> QueryCache:
        """Make the query cache.

        Disabled if the responses of vendors are not cached, or writes not counted: with
        GROUPGATE_CACHE_TTL=0 every request calls the vendors, so requests share no queries.
        """
        vendors, settings = self.vendors, self.settings
        counts_writes = len(vendors.vendor_state) == len(vendors.providers)
        return QueryCache(
            ttl=settings.cache_ttl if counts_writes else 0,
            max_bytes=settings.response_cache_bytes,
            counters=vendors.write_counters(),
            may_use_memory=None if vendors.notices is None else vendors.notices.may_use_memory,
        )

    def endpoint(
        self, schema: strawberry.Schema, access_control: AccessControl, query_cache: QueryCache
    ) -> GraphQLEndpoint:
        """Make the endpoint /graphql; it reads its files again when the server is told to."""
        providers, tracing = self.vendors.providers, self.tracing
        if tracing is not None:
            providers = {key: traced_reads(each, tracing) for key, each in providers.items()}
        endpoint = GraphQLEndpoint(
            schema,
            providers,
            self.settings,
            access_control,
            stores=self.stores,
            observer=self.observer,
            query_cache=query_cache,
            tracer=tracing,
        )
        self.lifecycle.reload = endpoint.reload
        return endpoint

    def measurements(
        self, endpoint: GraphQLEndpoint, query_cache: QueryCache, worker: Worker | None
    ) -> Measurements | None:
        """Make what the metrics are made of; None without metrics."""
        counts = self.own_observer.counts if self.own_observer else None
        if counts is None:
            return None
        levels = Levels(
            vendors=self.vendors.levels,
            admission=endpoint.admission,
            query_cache=query_cache,
            lifecycle=self.lifecycle,
            store=self.stores.connection,
        )
        return Measurements(counts, levels, worker)

    def routes(self, schema: strawberry.Schema, endpoint: GraphQLEndpoint) -> list[BaseRoute]:
        """Return the routes; the schema is a file, unless introspection is disabled."""
        routes: list[BaseRoute] = [
            Route("/graphql", endpoint),
            Route("/graphql/", endpoint),
            *health_routes(
                self.vendors.providers, self.lifecycle, self.vendors.mode, self.stores.connection
            ),
        ]
        if self.settings.introspection:
            sdl = schema.as_str() + "\n"

            async def schema_file(request: Request) -> Response:
                headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
                response = PlainTextResponse(sdl, headers=headers)
                endpoint.compressor.apply(response, request, is_repeated=True)
                return response

            routes.append(Route("/schema.graphql", schema_file))
        if self.settings.explorer:
            routes += [Route("/", explorer_page), explorer_files()]
        return routes

    def middleware(
        self,
        direct: Middleware,
        measurements: Measurements | None,
        root_path: str,
        *,
        loopback_only: bool,
    ) -> list[Middleware]:
        """Return the middleware, from the outermost to the innermost.

        The metrics are outside of CORS: pages of other origins may not read them. With a port of
        their own, they are outside of everything else.
        """
        settings, tracing = self.settings, self.tracing
        metrics = [] if measurements is None else self._metrics(measurements)
        return [
            *(metrics if settings.metrics_port else []),
            *([Middleware(OriginForm), Middleware(RootPath, root_path)] if root_path else []),
            *([Middleware(tracing.wrap)] if tracing else []),
            *([] if settings.cors_origins else [direct]),
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

    def _metrics(self, measurements: Measurements) -> list[Middleware]:
        """Return the middleware that serves the metrics, unless callers could reach them.

        On the gateway's port, callers could read there which accounts there are.
        """
        port = self.settings.metrics_port
        if port is None and self.vendors.has_named_accounts:
            return []
        return [Middleware(MetricsPage, make_renderer(measurements), port)]

    def lifespan(
        self, measurements: Measurements | None
    ) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
        """Set the phase of the process and measure its lag; close the connections at the end."""

        @asynccontextmanager
        async def lifespan(_app: Starlette) -> AsyncIterator[None]:
            if self.vendors.notices is not None:
                await self.vendors.notices.start()
            measuring = None if measurements is None else asyncio.create_task(measurements.run())
            self.lifecycle.phase = Phase.READY
            yield
            if measuring is not None:
                measuring.cancel()
            self.lifecycle.phase = Phase.STOPPING
            await self.vendors.aclose()
            if self.stores.connection is not None:
                await self.stores.connection.aclose()
            if self.own_observer is not None:
                await self.own_observer.aclose()

        return lifespan
