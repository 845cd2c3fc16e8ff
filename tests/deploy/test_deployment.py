"""The parts of deploy/compose.yaml, started by hand: one request is found in all of them."""

import json
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Receive, Scope, Send
from tests.app.redis.server import RedisServer
from tests.cli.test_processes import start_all, started
from tests.cli.test_traces import Collector, collector
from tests.deploy.prometheus_server import Prometheus, prometheus
from tests.deploy.test_compose import COMPOSE
from tests.faults.serving import serve_sandbox
from tests.listening import free_port

__all__ = ["collector"]  # a fixture

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("redis-server") is None,
    reason="needs prometheus and redis-server",
)

QUERY: Final = "query Shop { provider(key: AXIM) { groups(first: 2) { nodes { name } } } }"
GATEWAYS: Final = ("gateway-1", "gateway-2")


class NotingSandbox(Sandbox):
    """Keeps the path and the request id of each call."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str | None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            found = dict(scope["headers"]).get(b"x-request-id")
            self.seen.append((scope["path"], found and found.decode()))
        await super().__call__(scope, receive, send)


def variables_of(service: str, redis: RedisServer, vendors: int) -> dict[str, str]:
    """Return the variables of a service, with the addresses of the processes of this test."""
    given = COMPOSE["services"][service]["environment"]
    return {
        name: value.replace("redis://redis:6379/0", redis.url).replace(
            "http://sandbox:9000", f"http://127.0.0.1:{vendors}"
        )
        for name, value in given.items()
    }


def exemplars(server: Prometheus) -> list[tuple[str, str]]:
    """Return gateway and request id of what Prometheus knows of the operation Shop."""
    now = time.time()
    found = server.get(
        "query_exemplars",
        query='groupgate_request_duration_seconds_bucket{operation="Shop"}',
        start=str(now - 60),
        end=str(now + 1),
    )
    return sorted(
        (one["seriesLabels"]["job"], each["labels"]["request_id"])
        for one in found
        for each in one["exemplars"]
    )


def test_a_request_has_the_same_id_in_metrics_log_trace_and_at_the_vendor(
    tmp_path: Path, collector: Collector
) -> None:
    """The same query at both gateways, of which the second can have the response from Redis."""
    ports = {name: free_port() for name in GATEWAYS}
    bases = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    sandbox, logs = NotingSandbox(), {}
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer())
        vendors = stack.enter_context(serve_sandbox(sandbox)).port
        servers = start_all(
            stack,
            (
                started(
                    *("serve", "--port", str(ports[name])),
                    cwd=tmp_path,
                    alive=f"{bases[name]}/healthz",
                    GROUPGATE_LOG_FORMAT="json",
                    GROUPGATE_ACCESS_LOG="true",
                    GROUPGATE_TRACES="true",
                    GROUPGATE_PROPAGATE_REQUEST_ID="true",
                    OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{collector.server_port}",
                    OTEL_EXPORTER_OTLP_COMPRESSION="none",
                    **variables_of(name, redis, vendors) | {"GROUPGATE_SHUTDOWN_DELAY": "0"},
                )
                for name in GATEWAYS
            ),
        )
        targets = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        server = stack.enter_context(prometheus(tmp_path, targets))
        for name in GATEWAYS:
            headers = {"X-Request-Id": f"id-{name}"}
            answer = httpx.post(f"{bases[name]}/graphql", json={"query": QUERY}, headers=headers)
            assert "errors" not in answer.json()
            assert answer.headers["x-request-id"] == f"id-{name}"
        for _ in range(100):
            if len(exemplars(server)) == len(GATEWAYS):
                break
            time.sleep(0.1)
        assert exemplars(server) == [(name, f"id-{name}") for name in GATEWAYS]
        for name, process in zip(GATEWAYS, servers, strict=True):
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=20)
            logs[name] = [json.loads(line) for line in errors.splitlines()]
    for name in GATEWAYS:
        (line,) = (one for one in logs[name] if one["event"] == "request")
        assert (line["operation"], line["request_id"]) == ("Shop", f"id-{name}")
        (request,) = spans_of(collector, f"id-{name}")
        assert request == (line["trace_id"], "POST /graphql")
    # On a busy machine Redis may be too slow, and the second gateway then calls the vendor itself.
    calls = [("/axim/productGroup/all", f"id-{name}") for name in GATEWAYS]
    assert sandbox.seen in (calls[:1], calls)


def spans_of(collector: Collector, request_id: str) -> Iterator[tuple[str, str]]:
    """Yield trace and name of the spans with this request id."""
    for trace, name, attributes in collector.spans():
        if attributes.get("groupgate.request_id") == request_id:
            yield trace, name
