"""`groupgate serve --workers`: processes at one port, their signals, and their replacement."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from groupgate.app.metrics.workers import INTERVAL
from groupgate.sandbox.app import Sandbox
from tests.app.metrics.scraped import samples
from tests.app.redis.server import RedisServer
from tests.cli.test_commands import VENDOR_VARIABLES, run
from tests.cli.test_processes import started as started_command
from tests.cli.test_signals import wait_for
from tests.listening import free_port

WORKERS: Final = 2
READ: Final = {"query": "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"}


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    """Run a Redis for the workers."""
    with RedisServer() as running:
        yield running


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Run the simulators for all tests, and return the variables that connect to them."""
    port, folder = free_port(), tmp_path_factory.mktemp("vendors")
    base = f"http://127.0.0.1:{port}"
    with started_command("sandbox", "--port", str(port), cwd=folder, alive=f"{base}/"):
        yield Sandbox().environment(base)


class Gateway:
    """The parent process and its workers."""

    def __init__(self, process: subprocess.Popen[str], port: int, metrics: str | None) -> None:
        self.process = process
        self.base = f"http://127.0.0.1:{port}"
        self.metrics = f"http://127.0.0.1:{metrics or port}/metrics"
        # A connection for each request, so that each worker receives some.
        self.http = httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
        return [int(child) for child in children.split()]

    def answers(self) -> bool:
        """Return True if a new connection gets the answer to a query."""
        try:
            return "data" in self.http.post(f"{self.base}/graphql", json=READ).json()
        except httpx.HTTPError:
            return False

    def is_ready(self) -> bool:
        """Return True if all workers accept requests, as their metrics say."""
        return samples(self.http.get(self.metrics).text, "groupgate_ready") == {(): 1}

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for the end; return the status and the log."""
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, [json.loads(line) for line in errors.splitlines()]


@contextmanager
def started(
    redis: RedisServer, vendors: dict[str, str], folder: Path, *more: str, **given: str
) -> Iterator[Gateway]:
    """Start two workers before the simulators, and wait until both have started."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(VENDOR_VARIABLES)}
    own = {"GROUPGATE_REDIS_URL": redis.url, "GROUPGATE_LOG_FORMAT": "json"}
    port = free_port()
    command = ("serve", "--workers", str(WORKERS), "--port", str(port), *more)
    with subprocess.Popen(
        [sys.executable, "-m", "groupgate", *command],
        cwd=folder,
        env={**kept, **vendors, **own, **given},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        gateway = Gateway(process, port, given.get("GROUPGATE_METRICS_PORT"))
        try:
            wait_for(lambda: len(gateway.workers()) == WORKERS)
            wait_for(gateway.answers)
            wait_for(gateway.is_ready)
            yield gateway
        finally:
            process.kill()
            gateway.http.close()


def is_running(pid: int) -> bool:
    """Return True if the process exists and has not ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_signal_ends_all_workers_with_status_0(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(redis, environment, tmp_path) as gateway:
        workers = gateway.workers()
        assert all(gateway.answers() for _ in range(20))
        gateway.process.terminate()
        status, lines = gateway.end()
    assert status == 0
    assert not any(is_running(worker) for worker in workers)
    events = [line["event"] for line in lines]
    assert events.count("server_stopped") == WORKERS
    assert "worker_ended" not in events
    (start,) = (line for line in lines if line["event"] == "server_starting")
    assert start["workers"] == WORKERS


def test_workers_that_receive_the_signal_too_finish_their_requests(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """As from systemd, which signals every process of a service."""
    with started(redis, environment, tmp_path, GROUPGATE_SHUTDOWN_DELAY="1") as gateway:
        gateway.process.terminate()
        wait_for(lambda: gateway.http.get(f"{gateway.base}/readyz").status_code == 503)
        for worker in gateway.workers():
            os.kill(worker, signal.SIGTERM)
        status, lines = gateway.end()
    assert status == 0
    events = [line["event"] for line in lines]
    assert events.count("server_stopped") == WORKERS
    assert "worker_ended" not in events


def test_a_worker_that_ends_is_replaced(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(redis, environment, tmp_path) as gateway:
        before = gateway.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: len(set(gateway.workers()) - {before[0]}) == WORKERS)
        assert all(gateway.answers() for _ in range(20))
        gateway.process.terminate()
        status, lines = gateway.end()
    assert status == 0
    ended = [line for line in lines if line["event"] == "worker_ended"]
    assert [(line["level"], line["worker"], line["status"]) for line in ended] == [
        ("error", 0, -signal.SIGKILL)
    ]


def test_with_a_delay_the_workers_serve_on_and_a_second_signal_ends_them_at_once(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(redis, environment, tmp_path, GROUPGATE_SHUTDOWN_DELAY="600") as gateway:
        workers = gateway.workers()
        gateway.process.terminate()
        wait_for(lambda: gateway.http.get(f"{gateway.base}/readyz").status_code == 503)
        assert gateway.answers()
        gateway.process.send_signal(signal.SIGINT)
        assert gateway.process.wait(timeout=10) == 128 + signal.SIGINT
        wait_for(lambda: not any(is_running(worker) for worker in workers))


def test_workers_stop_when_their_parent_was_killed(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(redis, environment, tmp_path) as gateway:
        workers = gateway.workers()
        gateway.process.kill()
        wait_for(lambda: not any(is_running(worker) for worker in workers))


def test_any_worker_serves_the_metrics_of_all(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    """Forty requests by as many connections; then one of the workers is replaced."""
    port = free_port()

    def values(name: str) -> set[tuple[tuple[tuple[str, ...], float], ...]]:
        """What six connections read, each value once."""
        pages = [gateway.http.get(gateway.metrics).text for _ in range(6)]
        return {tuple(sorted(samples(text, name).items())) for text in pages}

    with started(redis, environment, tmp_path, GROUPGATE_METRICS_PORT=str(port)) as gateway:
        for number in range(40):
            query = f"query Counted {{ a{number}: __typename }}"
            gateway.http.post(f"{gateway.base}/graphql", json={"query": query}).raise_for_status()
        time.sleep(2 * INTERVAL)
        assert gateway.http.get(f"{gateway.base}/metrics").status_code == 404
        counted = {((("Counted", "query"), 40.0),)}
        durations = "groupgate_request_duration_seconds_count"
        known = {
            tuple(one for one in found if one[0][0] == "Counted") for found in values(durations)
        }
        assert known == counted
        assert values("groupgate_requests_running_limit") == {(((), 1000.0),)}
        assert values("groupgate_ready") == {(((), 1.0),)}
        assert values("groupgate_store_up") == {(((), 1.0),)}
        ((versions,),) = values("groupgate_build_info")
        assert versions[1] == 1
        before = gateway.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_for(lambda: len(set(gateway.workers()) - {before[0]}) == WORKERS)
        wait_for(lambda: values("groupgate_ready") == {(((), 1.0),)})
        known = {
            tuple(one for one in found if one[0][0] == "Counted") for found in values(durations)
        }
        assert known == counted
        (starts,) = values("process_start_time_seconds")
        assert [labels for labels, _ in starts] == [("0",), ("1",)]


def test_a_port_in_use_is_not_shared(
    redis: RedisServer, environment: dict[str, str], tmp_path: Path
) -> None:
    with started(redis, environment, tmp_path) as gateway:
        port = gateway.base.rpartition(":")[2]
        done = run(
            *("serve", "--workers", "2", "--port", port),
            cwd=tmp_path,
            status=1,
            environment={**environment, "GROUPGATE_REDIS_URL": redis.url},
        )
    assert done.stderr.splitlines()[-1] == (
        f"groupgate: Cannot listen on port {port} of 127.0.0.1: Address already in use."
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (
            [],
            (
                "--workers needs GROUPGATE_REDIS_URL, the Redis that the workers share: without "
                "it, each worker would have its own caches, limits and Idempotency-Keys."
            ),
        ),
        (
            ["--sandbox"],
            "--workers cannot be used with --sandbox: each worker would simulate its own vendors.",
        ),
    ],
)
def test_workers_that_would_contradict_one_another_do_not_start(
    tmp_path: Path, arguments: list[str], problem: str
) -> None:
    variables = {"DODO_PAYMENTS_API_KEY": "s3cret"}
    done = run("serve", "--workers", "2", *arguments, cwd=tmp_path, status=2, environment=variables)
    assert done.stderr.splitlines()[-1] == f"groupgate: {problem}"
