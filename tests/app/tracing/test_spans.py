"""Spans of a request: which there are, what they say, and what carries the id of the trace."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from groupgate.app.settings import Settings
from groupgate.app.tracing import spans
from groupgate.app.tracing.tracer import load_tracing
from groupgate.configuration.model import Misconfigured
from groupgate.sandbox import simulator
from groupgate.sandbox.app import Sandbox
from tests.app.metrics.scraped import Scraped, scraped

pytestmark = pytest.mark.anyio

GROUPS = "query Shop { provider(key: AXIM) { groups(first: 2) { nodes { id name } } } }"
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"


class Traced:
    """A gateway whose spans stay in memory."""

    def __init__(self, gateway: Scraped, exporter: InMemorySpanExporter) -> None:
        self.gateway = gateway
        self.exporter = exporter

    async def spans(self, query: str, **headers: str) -> list[ReadableSpan]:
        """Send an operation; return its spans in the order of their starts."""
        self.exporter.clear()
        await self.gateway.send(query, **headers)
        return by_start(self.exporter.get_finished_spans())


def by_start(finished: Sequence[ReadableSpan]) -> list[ReadableSpan]:
    """Return spans in the order of their starts."""
    return sorted(finished, key=lambda span: span.start_time or 0)


@asynccontextmanager
async def traced(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox | None = None, **settings: Any
) -> AsyncIterator[Traced]:
    """Open a gateway with traces, whose spans are exported as soon as they end."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(spans, "BatchSpanProcessor", SimpleSpanProcessor)
    monkeypatch.setattr(spans, "OTLPSpanExporter", lambda: exporter)
    async with scraped(sandbox, traces=True, **settings) as gateway:
        yield Traced(gateway, exporter)


async def test_a_query_has_a_span_for_each_part_below_that_of_the_client(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with traced(monkeypatch) as gateway:
        found = await gateway.spans(GROUPS, traceparent=TRACEPARENT, **{"x-request-id": "r1"})
    assert [(span.name, span.kind) for span in found] == [
        ("POST /graphql", SpanKind.SERVER),
        ("graphql.parse_and_validate", SpanKind.INTERNAL),
        ("graphql.execute", SpanKind.INTERNAL),
        ("list_groups AXIM", SpanKind.INTERNAL),
        ("GET /productGroup/all", SpanKind.CLIENT),
    ]
    request, validation, execution, batch, call = found
    assert {f"{span.context.trace_id:032x}" for span in found} == {TRACE}
    assert [f"{span.parent.span_id:016x}" for span in found if span.parent] == [
        PARENT,
        f"{request.context.span_id:016x}",
        f"{request.context.span_id:016x}",
        f"{execution.context.span_id:016x}",
        f"{batch.context.span_id:016x}",
    ]
    assert dict(batch.attributes or {}) == {
        "groupgate.vendor": "AXIM",
        "groupgate.account": "default",
        "groupgate.batch_size": 1,
    }
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "url.path": "/graphql",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "http.response.status_code": 200,
        "graphql.operation.type": "query",
        "graphql.operation.name": "Shop",
        "groupgate.request_id": "r1",
        "groupgate.source": "EXECUTED",
        "groupgate.upstream_calls": 1,
    }
    attributes = dict(call.attributes or {})
    assert attributes.pop("groupgate.milliseconds_waited") >= 0  # type: ignore[operator]
    assert attributes == {
        "http.request.method": "GET",
        "url.path": "/productGroup/all",
        "url.template": "/productGroup/all",
        "groupgate.vendor": "AXIM",
        "groupgate.account": "default",
        "http.response.status_code": 200,
    }
    assert validation.attributes == {}


async def test_a_response_of_the_direct_route_is_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    async with traced(monkeypatch) as gateway:
        for _ in range(3):
            await gateway.spans(GROUPS)
        (span,) = await gateway.spans(GROUPS)
    assert (span.attributes or {})["groupgate.source"] == "CACHED"
    assert (span.attributes or {})["graphql.operation.name"] == "Shop"
    assert span.parent is None


async def test_failed_calls_are_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try is a span."""
    sandbox = Sandbox(unlimited=True)
    broken = simulator.Response(status=500)
    monkeypatch.setattr(sandbox.axim, "respond", lambda _request: broken)
    async with traced(monkeypatch, sandbox) as gateway:
        calls = [one for one in await gateway.spans(GROUPS) if one.kind is SpanKind.CLIENT]
    assert [(one.status.status_code, (one.attributes or {})["error.type"]) for one in calls] == [
        (StatusCode.ERROR, "500")
    ] * 3


async def test_errors_and_log_lines_have_the_id_of_the_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with traced(monkeypatch, access_log=True) as gateway:
        with capture_logs([merge_contextvars]) as logged:
            for query in ("{", '{ node(id: "x") { id } }'):
                response = await gateway.gateway.send(query, traceparent=TRACEPARENT)
                (error,) = response.json()["errors"]
                assert error["extensions"]["traceId"] == TRACE
    assert [(line["event"], line["trace_id"]) for line in logged] == [("request", TRACE)] * 2


@pytest.mark.parametrize("propagates", [False, True])
async def test_vendors_receive_the_trace_only_if_allowed(
    monkeypatch: pytest.MonkeyPatch, *, propagates: bool
) -> None:
    sandbox, sent = Sandbox(unlimited=True), []
    respond = sandbox.axim.respond

    def note(request: simulator.Request) -> simulator.Response:
        sent.append(request.headers.get("traceparent"))
        return respond(request)

    monkeypatch.setattr(sandbox.axim, "respond", note)
    async with traced(monkeypatch, sandbox, propagate_trace=propagates) as gateway:
        request = (await gateway.spans(GROUPS, traceparent=TRACEPARENT))[0]
    expected = f"00-{TRACE}-{request.context.span_id:016x}-01" if propagates else None
    assert sent == [expected]


async def test_other_paths_have_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    async with traced(monkeypatch) as gateway:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await gateway.gateway.http.get(path)).status_code == 200
        assert gateway.exporter.get_finished_spans() == ()


async def test_without_traces_a_traceparent_changes_nothing() -> None:
    async with scraped() as gateway:
        response = await gateway.send("{", traceparent=TRACEPARENT)
    assert "traceId" not in response.json()["errors"][0]["extensions"]


def test_without_the_extra_the_setting_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "groupgate.app.tracing.spans")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(Misconfigured, match=r"install groupgate\[otel\]"):
        load_tracing(Settings.model_construct(traces=True))


def test_an_unknown_exporter_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "jaeger")
    with pytest.raises(Misconfigured, match="otlp, console or none"):
        load_tracing(Settings.model_construct(traces=True))
