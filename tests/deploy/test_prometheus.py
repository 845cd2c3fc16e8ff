"""Each alert fired by the fault that it is for: gateways, Redis, simulators and Prometheus.

Prometheus reads and evaluates each second, and the rules look back for seconds only. Three gateways
run at the same time: `shop` loses what it depends on, `slow` has vendors with bad days, and
`starved` gets too little of its machine and has a bug.
"""

import asyncio
import os
import resource
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.simulator import Receive, Request, Response, Scope, Send
from tests.app.redis.server import RedisServer
from tests.cli.test_processes import start_all, started
from tests.deploy.prometheus_server import Alert, Prometheus, prometheus
from tests.deploy.test_monitoring import rules
from tests.faults.serving import serve_sandbox
from tests.listening import free_port

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None or shutil.which("redis-server") is None,
    reason="needs prometheus and redis-server",
)

SHOP, SLOW, STARVED = "groupgate-shop", "groupgate-slow", "groupgate-starved"

READ: Final = "{ provider(key: %s) { products(first: 1) { nodes { name } } } }"
WRITE: Final = (
    'mutation ($id: ID!) { groupUpdate(id: $id, input: {name: "New"}) { plan { path } } }'
)
GROUP: Final = "{ provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"
SLOW_READ: Final = "{ a%d: provider(key: AXIM) { groups(first: 1) { nodes { id } } } }"
LIMITED_READ: Final = '{ provider(key: TWO_CHECKOUT) { product(nativeId: "x%d") { name } } }'
HEAVY: Final = """query { a%d: provider(key: TWO_CHECKOUT) { groups(first: 10) { nodes {
  id name products(first: 20) { nodes { id name sku price { amount } } } } } } }"""

OF_MACHINE: Final = {"GroupgateEventLoopLag", "GroupgateQueueWait"}

PLACES: Final = 12
"""The operations that `slow` executes at a time."""

FILLING: Final = [read % number for number in range(PLACES) for read in (SLOW_READ, LIMITED_READ)]
"""Queries for all places and for as many more; those that come first get the places."""

DODO_LIMIT: Final = 5
"""The calls in a second that Dodo allows to all of its merchant's programs.

A busy machine must be able to make more of them.
"""

BUG: Final = """
from groupgate.providers.axim.provider import AximProvider
async def list_groups(*given, **named):
    raise RuntimeError("a bug")
AximProvider.list_groups = list_groups
from groupgate.__main__ import main
main()
"""


class FaultySandbox(Sandbox):
    """Simulators that can be slow and odd; Dodo limits its calls in each second only."""

    def __init__(self) -> None:
        super().__init__()
        self.dodo = self._simulators["/dodo"] = DodoSimulator(
            prefix="/dodo", rate_per_second=DODO_LIMIT, rate_per_minute=None
        )
        self.delay = 0.0
        """Seconds that a call of Axim takes longer."""
        self._respond = self.axim.respond

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self.delay and scope["path"].startswith("/axim"):
            await asyncio.sleep(self.delay)
        await super().__call__(scope, receive, send)

    def respond_oddly(self) -> None:
        """Make the id of the first row of each list unreadable."""

        def respond(request: Request) -> Response:
            response = self._respond(request)
            with suppress(KeyError, IndexError, TypeError):
                response.body["data"][0]["id"] = {}
            return response

        self.axim.respond = respond  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway process and the name of its job."""

    job: str
    base: str
    process: subprocess.Popen[str]
    client: httpx.Client

    def send(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send an operation, and return the response."""
        body = {"query": query, "variables": variables}
        answer: dict[str, Any] = self.client.post("/graphql", json=body).json()
        return answer

    def send_all(self, queries: list[str]) -> list[dict[str, Any]]:
        """Send queries at the same time."""
        with ThreadPoolExecutor(len(queries)) as pool:
            return list(pool.map(self.send, queries))

    def alert(self, name: str, vendor: str = "") -> Alert:
        """Return the alert of this gateway."""
        return self.job, f"Groupgate{name}", vendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """All processes, and the simulators of `slow` in a thread of this one."""

    prometheus: Prometheus
    redis: RedisServer
    vendors: subprocess.Popen[str]
    """The simulators of `shop`."""
    faulty: FaultySandbox
    faulty_address: str
    shop: Gateway
    slow: Gateway
    starved: Gateway


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Start all processes; `shop` has a wrong key for Dodo and an audit log on a full disk."""
    folder = tmp_path_factory.mktemp("deployment")
    ports = {job: free_port() for job in (SHOP, SLOW, STARVED)}
    bases = {job: f"http://127.0.0.1:{port}" for job, port in ports.items()}
    vendors, faulty = f"http://127.0.0.1:{(port := free_port())}", FaultySandbox()
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer())
        served = stack.enter_context(serve_sandbox(faulty))
        faulty_address = f"http://127.0.0.1:{served.port}"
        variables = {
            SHOP: {
                **faulty.environment(vendors),
                "DODO_PAYMENTS_API_KEY": "wrong",
                "GROUPGATE_CACHE_TTL": "0.2",
                "GROUPGATE_DEADLINE": "5",
                "GROUPGATE_REDIS_URL": redis.url,
                "GROUPGATE_AUDIT_LOG": "/dev/full",
            },
            SLOW: {
                **faulty.environment(faulty_address),
                "GROUPGATE_CACHE_TTL": "0",
                "GROUPGATE_MAX_REQUESTS": str(PLACES),
                "GROUPGATE_SHUTDOWN_DELAY": "600",
                "GROUPGATE_TWOCHECKOUT_RATE_PER_SECOND": "1",
            },
            STARVED: {},
        }
        more = {STARVED: ("--sandbox",)}
        simulators, *gateways = start_all(
            stack,
            [
                started(*("sandbox", "--port", str(port)), cwd=folder, alive=f"{vendors}/"),
                *(
                    started(
                        *("serve", "--port", str(ports[job]), *more.get(job, ())),
                        cwd=folder,
                        alive=f"{bases[job]}/healthz",
                        program=("-c", BUG) if job == STARVED else ("-m", "groupgate"),
                        **variables[job],
                    )
                    for job in ports
                ),
            ],
        )
        shop, slow, starved = (
            Gateway(
                job=job,
                base=bases[job],
                process=process,
                client=stack.enter_context(httpx.Client(base_url=bases[job], timeout=30)),
            )
            for job, process in zip(ports, gateways, strict=True)
        )
        targets = {job: base.removeprefix("http://") for job, base in bases.items()}
        yield Deployment(
            prometheus=stack.enter_context(prometheus(folder, targets)),
            redis=redis,
            vendors=simulators,
            faulty=faulty,
            faulty_address=faulty_address,
            shop=shop,
            slow=slow,
            starved=starved,
        )
        # A second signal ends the one that is delayed.
        slow.process.terminate()


def test_each_fault_fires_its_alert(deployment: Deployment) -> None:
    """A healthy deployment is quiet; then the faults of the three gateways at the same time."""
    server = deployment.prometheus
    (group,) = deployment.shop.send(GROUP)["data"]["provider"]["groups"]["nodes"]
    for job in (deployment.slow, deployment.starved):
        assert "errors" not in job.send(READ % "AXIM")
    time.sleep(3)
    assert not alerts_of_vendors(server)
    with ThreadPoolExecutor() as pool:
        faults = [
            pool.submit(lose_vendors_and_store, deployment, group["id"]),
            pool.submit(have_slow_and_odd_vendors, deployment),
            pool.submit(starve, deployment),
        ]
        for fault in faults:
            fault.result()
    assert server.fired == {rule["alert"] for rule in rules()}


def alerts_of_vendors(server: Prometheus) -> set[Alert]:
    """Return the alerts that fire, without those that a busy machine fires."""
    return {alert for alert in server.firing() if alert[1] not in OF_MACHINE}


def lose_vendors_and_store(deployment: Deployment, group: str) -> None:
    """A wrong key, no Redis, no vendor, a mutation, and the end of the gateway."""
    server, shop = deployment.prometheus, deployment.shop
    shop.send(READ % "DODO")
    server.wait_for(shop.alert("VendorRejectsKey", "DODO"), shop.alert("VendorDegraded", "DODO"))
    assert {alert for alert in alerts_of_vendors(server) if alert[0] == SHOP} == {
        shop.alert("VendorRejectsKey", "DODO"),
        shop.alert("VendorDegraded", "DODO"),
    }
    shop.send(WRITE, id=group)
    server.wait_for(shop.alert("AuditFails"))
    deployment.redis.stop()
    server.wait_for(shop.alert("StoreDown"), act=lambda: shop.send(GROUP))
    deployment.redis.start()
    time.sleep(5)  # until the gateway uses Redis again, it keeps no responses
    shop.send(READ % "TWO_CHECKOUT")
    deployment.vendors.kill()
    shop.send(WRITE, id=group)
    server.wait_for(shop.alert("MutationsFail"))
    server.wait_for(
        shop.alert("VendorUnavailable", "AXIM"),
        shop.alert("StaleResponses", "TWO_CHECKOUT"),
        act=lambda: (shop.send(GROUP), shop.send(READ % "TWO_CHECKOUT")),
    )
    shop.process.kill()
    server.wait_for(shop.alert("Down"))


def have_slow_and_odd_vendors(deployment: Deployment) -> None:
    """A slow vendor, a low limit, too many operations; other programs, odd rows, and the stop."""
    server, slow, faulty = deployment.prometheus, deployment.slow, deployment.faulty
    faulty.delay = 6
    with repeated(lambda: slow.send_all(FILLING)):
        server.wait_for(slow.alert("Overloaded"), act=lambda: slow.send(READ % "DODO"))
        server.wait_for(slow.alert("Slow"), slow.alert("VendorWait", "TWO_CHECKOUT"))
    faulty.delay = 0
    with use_up_the_limit(deployment):
        server.wait_for(
            slow.alert("VendorThrottles", "DODO"),
            act=lambda: slow.send(READ % "DODO"),
            seconds=180,  # throttled calls are spaced out, so several in a window can take long
        )
    faulty.respond_oddly()
    slow.send(GROUP)
    server.wait_for(slow.alert("UnreadableRows", "AXIM"))
    slow.process.terminate()
    server.wait_for(slow.alert("NotReady"))


@contextmanager
def use_up_the_limit(deployment: Deployment) -> Iterator[None]:
    """Call Dodo as another program of the merchant, as often as it allows and more often."""
    variables = deployment.faulty.environment(deployment.faulty_address)
    headers = {"Authorization": f"Bearer {variables['DODO_PAYMENTS_API_KEY']}"}
    with httpx.Client(headers=headers) as client:

        def call() -> None:
            client.get(f"{variables['DODO_PAYMENTS_BASE_URL']}/products")
            time.sleep(0.5 / DODO_LIMIT)

        with repeated(call):
            yield


@contextmanager
def repeated(act: Callable[[], object]) -> Iterator[None]:
    """Do something again and again in a thread; at the end, wait for the last time."""
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.is_set():
            act()

    with ThreadPoolExecutor(1) as pool:
        repeating = pool.submit(repeat)
        try:
            yield
        finally:
            is_over.set()
            repeating.result()


def starve(deployment: Deployment) -> None:
    """A bug, too little CPU, and too few descriptors."""
    server, starved = deployment.prometheus, deployment.starved
    numbers = iter(range(1_000_000))

    def share_the_cpu() -> None:
        """Queue queries, and run for only a part of the time, as a CPU limit enforces it."""
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(starved.send_all, [HEAVY % next(numbers) for _ in range(40)])
            for _ in range(2):
                time.sleep(0.1)
                with stopped(starved.process.pid):
                    time.sleep(0.8)
            sending.result()

    starved.send(GROUP)
    server.wait_for(starved.alert("InternalErrors"))
    server.wait_for(starved.alert("QueueWait"), starved.alert("EventLoopLag"), act=share_the_cpu)
    with too_few_descriptors(starved.process.pid, int(starved.base.rpartition(":")[2])):
        server.wait_for(starved.alert("Descriptors"))


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process, and continue it at the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def too_few_descriptors(pid: int, port: int) -> Iterator[None]:
    """Limit a process to few more descriptors than it has, and open connections to it."""
    used = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 60, before[1]))
    with ExitStack() as stack:
        for _ in range(50):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
