"""Spans of requests, of their parts and of calls to vendors, exported by OTLP over HTTP.

The variables `OTEL_*` of the OpenTelemetry specification configure the exporter, the sampler, the
resource and the batches. Names and attributes follow its semantic conventions for HTTP and GraphQL.
No span has a document, a variable, a header or the message of an exception.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry.context import attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SpanExporter,
)
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from groupgate import __version__
from groupgate.app.tracing.tracer import TRACE_ID, Attributes
from groupgate.configuration.model import Misconfigured
from groupgate.observer import EndedRequest, SilentObserver, UpstreamCall
from groupgate.request import sending_headers

_PATHS: Final = frozenset({"/graphql", "/graphql/"})
_SERVER_ERROR: Final = 500
_CLIENT_ERROR: Final = 400
_NANOSECONDS: Final = 1_000_000

_PROPAGATOR: Final = TraceContextTextMapPropagator()


def open_tracing(*, propagates: bool) -> "Spans":
    """Return the traces of one gateway; the environment names their exporter.

    With `propagates`, vendors receive the header `traceparent`.
    """
    detected = OTELResourceDetector().detect().attributes
    own = {"service.name": "groupgate", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create({**own, **detected}))
    exporter = _exporter(os.environ.get("OTEL_TRACES_EXPORTER", "otlp"))
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter))
    return Spans(provider, propagates=propagates)


def _exporter(name: str) -> SpanExporter | None:
    """The exporter of OTEL_TRACES_EXPORTER; None if spans are not exported."""
    if name == "otlp":
        return OTLPSpanExporter()
    if name == "console":
        return ConsoleSpanExporter()
    if name == "none":
        return None
    raise Misconfigured("OTEL_TRACES_EXPORTER must be otlp, console or none.")


class Spans(SilentObserver):
    """Makes the spans of one gateway; implements `Tracing`."""

    def __init__(self, provider: TracerProvider, *, propagates: bool) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("groupgate", __version__)
        self._propagates = propagates

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an app that opens a span for each request to /graphql."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"] not in _PATHS:
                await app(scope, receive, send)
                return
            with self._request(scope) as span:

                async def send_noted(message: Message) -> None:
                    if message["type"] == "http.response.start":
                        _note_status(span, message["status"])
                    await send(message)

                await app(scope, receive, send_noted)

        return traced

    @contextmanager
    def span(self, name: str, attributes: Attributes | None = None) -> Iterator[None]:
        """Open a span below the present one, until the context closes."""
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            yield

    def request_ended(self, request: EndedRequest) -> None:
        """Describe the operation in the span of the request."""
        span = get_current_span()
        attributes: dict[str, str | int | list[str]] = {
            "graphql.operation.type": request.operation_type,
            "graphql.operation.name": request.operation_name,
            "groupgate.request_id": request.request_id,
            "groupgate.source": request.source.value,
            "groupgate.upstream_calls": request.upstream_calls,
            "groupgate.error_codes": list(request.codes),
        }
        span.set_attributes({name: value for name, value in attributes.items() if value})

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        """Record a span of a call to a vendor, below the present one."""
        ended_at = time.time_ns()
        span = self._tracer.start_span(
            call.operation,
            kind=SpanKind.CLIENT,
            start_time=ended_at - int(call.milliseconds * _NANOSECONDS),
            attributes={
                "http.request.method": call.method,
                "url.path": call.path.partition("?")[0],
                "url.template": call.operation.partition(" ")[2],
                "groupgate.vendor": call.provider.vendor.value,
                "groupgate.account": call.provider.account,
                "groupgate.milliseconds_waited": call.milliseconds_waited,
            },
        )
        if call.status:
            span.set_attribute("http.response.status_code", call.status)
        if not call.status or call.status >= _CLIENT_ERROR:
            span.set_attribute("error.type", str(call.status or "no_response"))
            span.set_status(StatusCode.ERROR)
        span.end(ended_at)

    def close(self) -> None:
        """Export the spans that have ended."""
        self._provider.shutdown()

    @contextmanager
    def _request(self, scope: Scope) -> Iterator[Span]:
        """Open the span of a request, below that of its client if there is one."""
        parent = _PROPAGATOR.extract(_trace_headers(scope))
        method = scope["method"]
        span = self._tracer.start_span(
            f"{method} /graphql",
            context=parent,
            kind=SpanKind.SERVER,
            attributes={
                "http.request.method": method,
                "http.route": "/graphql",
                "url.path": scope["path"],
                "url.scheme": scope.get("scheme", "http"),
                "network.protocol.version": scope.get("http_version", "1.1"),
            },
        )
        trace_id = scope[TRACE_ID] = format_trace_id(span.get_span_context().trace_id)
        context = set_span_in_context(span)
        token = attach(context)
        headers: dict[str, str] = {}
        if self._propagates:
            _PROPAGATOR.inject(headers, context)
        try:
            with bound_contextvars(trace_id=trace_id), sending_headers(headers):
                yield span
        finally:
            detach(token)
            span.end()


def _trace_headers(scope: Scope) -> Mapping[str, str]:
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in {b"traceparent", b"tracestate"}
    }


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    if status >= _SERVER_ERROR:
        span.set_attribute("error.type", str(status))
        span.set_status(StatusCode.ERROR)
