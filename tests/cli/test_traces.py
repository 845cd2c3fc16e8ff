"""One request in the metrics, the log, the audit log and the trace of a process."""

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.app.metrics.scraped import samples
from tests.cli.test_processes import started
from tests.listening import free_port

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01", "x-request-id": "r1"}
GROUPS = "query Groups { provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"
RENAME = """mutation Rename($id: ID!) {
  groupUpdate(id: $id, input: { name: "New" }) { userErrors { code } } }"""


class Collector(ThreadingHTTPServer):
    """Receives spans by OTLP over HTTP."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        super().__init__(("127.0.0.1", 0), _Receiver)

    def spans(self) -> list[tuple[str, str, dict[str, str]]]:
        """Return trace, name and text attributes of the spans."""
        return [
            (
                span.trace_id.hex(),
                span.name,
                {one.key: one.value.string_value for one in span.attributes},
            )
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Receiver(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        """Keep the spans."""
        body = self.rfile.read(int(self.headers["content-length"]))
        assert self.path == "/v1/traces"
        self.server.requests.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_given: Any) -> None:
        """Print nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Run a collector."""
    server = Collector()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_one_request_is_found_by_its_ids_everywhere(tmp_path: Path, collector: Collector) -> None:
    port, audit = free_port(), tmp_path / "audit.log"
    base = f"http://127.0.0.1:{port}"
    settings = {
        "GROUPGATE_LOG_FORMAT": "json",
        "GROUPGATE_ACCESS_LOG": "true",
        "GROUPGATE_AUDIT_LOG": str(audit),
        "GROUPGATE_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.server_port}",
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_SERVICE_NAME": "shop-gateway",
    }
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **settings) as server:
        answer = httpx.post(f"{base}/graphql", json={"query": GROUPS}).json()
        (group,) = answer["data"]["provider"]["groups"]["nodes"]
        body = {"query": RENAME, "variables": group}
        assert httpx.post(f"{base}/graphql", json=body, headers=HEADERS).status_code == 200
        metrics = samples(httpx.get(f"{base}/metrics").text, "groupgate_requests_total")
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=20)
    assert metrics[("", "Rename", "200", "mutation")] == 1
    (line,) = [
        line
        for line in map(json.loads, errors.splitlines())
        if line["event"] == "request" and line["operation"] == "Rename"
    ]
    assert (line["request_id"], line["trace_id"]) == ("r1", TRACE)
    (audited,) = map(json.loads, audit.read_text("utf-8").splitlines())
    assert (audited["request_id"], audited["trace_id"]) == ("r1", TRACE)
    found = [(name, values) for trace, name, values in collector.spans() if trace == TRACE]
    names = [name for name, _ in found]
    assert {"POST /graphql", "graphql.execute", "graphql.parse_and_validate"} <= set(names)
    assert names.count("PUT /productGroup/{id}") == 1
    assert dict(found)["POST /graphql"]["groupgate.request_id"] == "r1"
    (resource,) = {
        one.value.string_value
        for request in collector.requests
        for spans in request.resource_spans
        for one in spans.resource.attributes
        if one.key == "service.name"
    }
    assert resource == "shop-gateway"


@pytest.mark.slow
def test_a_collector_that_is_down_delays_neither_requests_nor_the_stop(tmp_path: Path) -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    settings = {
        "GROUPGATE_TRACES": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }
    arguments = ("serve", "--sandbox", "--port", str(port))
    with started(*arguments, cwd=tmp_path, alive=f"{base}/healthz", **settings) as server:
        assert httpx.post(f"{base}/graphql", json={"query": GROUPS}).status_code == 200
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
        assert server.returncode == 0
        assert time.monotonic() - begun < 15
