"""Admission: in which order operations start, and which are rejected with status 503."""

import asyncio
from typing import Any

import pytest

from groupgate.app import admission
from groupgate.app.admission import FIRST_ESTIMATE, QUEUE_SHARE, SLICE, TURNS, Admission
from groupgate.app.protocol.request_error import RequestError
from groupgate.request import Deadline, now
from tests.app.disconnecting_client import DisconnectingClient, HeldSimulators, open_app
from tests.app.gateway import client_of, gateway_client
from tests.upstream.virtual_time import BACKEND, VirtualTimeLoop

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Time is virtual, and so exact: it advances only while nothing can run."""
    return BACKEND


@pytest.fixture
def whole_slices() -> None:
    """Operations start in an iteration as long as they do by default."""


@pytest.fixture(autouse=True)
def no_slices(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each operation wait that is not the first of its iteration, as if that took long."""
    if "whole_slices" not in request.fixturenames:
        monkeypatch.setattr(admission, "SLICE", 0)


class Operations:
    """Operations that are admitted, and log what becomes of them."""

    def __init__(self, running: int = 500, deadline: float = 1) -> None:
        self.admission = Admission(running)
        self.events: list[str] = []
        self._deadline = deadline

    def begin(
        self, name: str, cpu: float = 0, waits: float = 0, caller: str = ""
    ) -> asyncio.Task[None]:
        """Start an operation that takes so many seconds of CPU and then waits for a vendor."""
        return asyncio.create_task(self._run(name, cpu, waits, caller))

    async def _run(self, name: str, cpu: float, waits: float, caller: str) -> None:
        try:
            if not self.admission.start_at_once():
                await self.admission.start_in_turn(Deadline.after(self._deadline), caller)
            self.events.append(f"{name} started")
            advance(cpu)
            await asyncio.sleep(waits)
            self.admission.leave()
        except RequestError as error:
            seconds = error.headers["Retry-After"]
            self.events.append(f"{name} {error.reason.status}, retry in {seconds} s")


def advance(seconds: float) -> None:
    """Let time pass as if the program computed."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop._virtual_selector.now += seconds


async def test_operations_start_one_in_each_iteration_in_their_order() -> None:
    operations = Operations()
    tasks = [operations.begin(name) for name in "abc"]
    started = []
    for _ in range(6):
        await asyncio.sleep(0)
        started.append(len(operations.events))
    assert started == [1, 1, 2, 3, 3, 3]
    assert operations.events == ["a started", "b started", "c started"]
    await asyncio.gather(*tasks)


@pytest.mark.usefixtures("whole_slices")
async def test_operations_start_in_an_iteration_until_they_have_taken_4_ms() -> None:
    """The others wait for the next one, and later ones behind them, until nobody waits."""
    assert SLICE == 0.004
    operations = Operations()
    tasks = [operations.begin(name, cpu=0.0015) for name in "abcdefgh"]
    started = []
    for number in range(6):
        await asyncio.sleep(0)
        started.append(len(operations.events))
        if number == 1:
            tasks += [operations.begin(name, cpu=0.0015) for name in "ij"]
    assert started == [3, 3, 6, 8, 10, 10]
    assert operations.events == [f"{name} started" for name in "abcdefghij"]
    await asyncio.gather(*tasks)
    tasks = [operations.begin(name, cpu=0.0015) for name in "klm"]
    await asyncio.sleep(0)
    assert operations.events[10:] == ["k started", "l started", "m started"]
    await asyncio.gather(*tasks)


@pytest.mark.usefixtures("whole_slices")
async def test_one_long_operation_starts_in_an_iteration() -> None:
    """However short those before it were."""
    operations = Operations(deadline=100)
    await asyncio.gather(*(operations.begin("", cpu=0.0001) for _ in range(100)))
    operations.events.clear()
    tasks = [operations.begin(f"{number}", cpu=0.01) for number in range(TURNS + 2)]
    for number in range(2 * TURNS):
        before = len(operations.events)
        await asyncio.sleep(0)
        assert len(operations.events) - before <= 1, number
    assert operations.events == [f"{number} started" for number in range(TURNS + 2)]
    await asyncio.gather(*tasks)


async def test_an_operation_does_not_wait_while_others_wait_for_vendors() -> None:
    operations = Operations()
    first = operations.begin("first", waits=5)
    await asyncio.sleep(1)
    second = operations.begin("second")
    await asyncio.sleep(0)
    assert operations.events == ["first started", "second started"]
    await asyncio.gather(first, second)


async def test_operations_that_would_wait_for_too_long_are_rejected_at_once() -> None:
    """With turns of 20 ms, which is the estimate at first, 26 can wait for 40 % of 1.275 s."""
    assert (FIRST_ESTIMATE, QUEUE_SHARE) == (0.02, 0.4)
    operations = Operations(deadline=1.275)
    tasks = [operations.begin(f"{number}", cpu=0.001) for number in range(30)]
    await asyncio.sleep(0)
    assert operations.events == [
        "0 started",
        "27 503, retry in 1 s",
        "28 503, retry in 1 s",
        "29 503, retry in 1 s",
    ]
    await asyncio.gather(*tasks)
    assert operations.events[4:] == [f"{number} started" for number in range(1, 27)]


async def test_the_estimate_follows_the_time_that_turns_take() -> None:
    """After 200 turns of 1 ms, ten times as many operations may wait."""
    operations = Operations(deadline=100)
    await asyncio.gather(*(operations.begin("", cpu=0.001) for _ in range(200)))
    operations._deadline = 1
    operations.events.clear()
    await asyncio.gather(*(operations.begin("", cpu=0.001) for _ in range(300)))
    assert operations.events == [" started"] * 300


async def test_a_single_long_turn_changes_the_estimate_little() -> None:
    """After a turn of 1 s it is 22 ms, so that 24 operations can wait for 0.51 s."""
    operations = Operations(deadline=10)
    await asyncio.gather(*(operations.begin("", cpu=cpu) for cpu in (0, 1, 0)))
    operations._deadline = 1.275
    operations.events.clear()
    await asyncio.gather(*(operations.begin("") for _ in range(30)))
    assert operations.events.count(" started") == 25


async def test_an_operation_whose_turn_comes_too_late_is_rejected() -> None:
    """The estimate was too low: each turn takes 0.5 s, and nobody waits longer than 0.4 s."""
    operations = Operations(deadline=1)
    await asyncio.gather(*(operations.begin(name, cpu=0.5) for name in "abcd"))
    assert operations.events == [
        "a started",
        "b started",
        "c 503, retry in 1 s",
        "d 503, retry in 1 s",
    ]


async def test_an_operation_that_comes_while_the_others_are_rejected_is_not_forgotten() -> None:
    operations = Operations(deadline=1)
    tasks = [operations.begin("a"), operations.begin("b")]
    await asyncio.sleep(0)
    advance(0.5)
    tasks.append(operations.begin("c"))
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks)
    assert operations.events == ["a started", "b 503, retry in 1 s", "c started"]


async def test_an_operation_that_is_cancelled_while_it_waits_delays_nobody() -> None:
    operations = Operations()
    tasks = [operations.begin(name) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert operations.events == ["a started", "c started"]
    await asyncio.gather(operations.begin("d"))
    assert operations.events[-1] == "d started"


async def test_only_so_many_operations_run_at_the_same_time() -> None:
    """Those that wait for vendors or for their turn count."""
    operations = Operations(running=2, deadline=60)
    running = [operations.begin(name, waits=10) for name in "abc"]
    await asyncio.sleep(5)
    operations.begin("d")
    await asyncio.gather(*running)
    await asyncio.gather(operations.begin("e"))
    assert operations.events == [
        "a started",
        "c 503, retry in 1 s",
        "b started",
        "d 503, retry in 1 s",
        "e started",
    ]
    assert now() == 10


async def test_callers_take_turns() -> None:
    """The first operation starts at once; then each caller has one."""
    operations = Operations()
    names = [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")]
    await asyncio.gather(*(operations.begin(name, caller=caller) for name, caller in names))
    started = [event.removesuffix(" started") for event in operations.events]
    assert started == ["a1", "a2", "b1", "c1", "a3", "b2"]


async def test_a_caller_with_few_operations_displaces_the_last_of_the_one_with_the_most() -> None:
    """When both have as many, nobody is displaced."""
    operations = Operations(running=4)
    tasks = [operations.begin(f"a{number}", caller="a") for number in range(4)]
    tasks += [operations.begin(f"b{number}", caller="b") for number in range(3)]
    await asyncio.gather(*tasks)
    assert sorted(operations.events) == [
        "a0 started",
        "a1 started",
        "a2 started",
        "a3 503, retry in 1 s",
        "b0 started",
        "b1 503, retry in 1 s",
        "b2 503, retry in 1 s",
    ]


async def test_a_caller_waits_only_for_as_many_of_others_as_of_its_own() -> None:
    """Another's 26 operations fill 40 % of 1.275 s, but only the first of them is before one."""
    operations = Operations(deadline=1.275)
    tasks = [operations.begin("a", cpu=0.001, caller="a") for _ in range(40)]
    tasks.append(operations.begin("b", cpu=0.001, caller="b"))
    await asyncio.gather(*tasks)
    assert operations.events.count("a started") == 27
    assert operations.events.count("a 503, retry in 1 s") == 13
    assert operations.events.count("b started") == 1


READ = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"


async def test_a_rejected_operation_gets_a_graphql_error_and_makes_no_call() -> None:
    vendors = HeldSimulators("GET")
    async with open_app(vendors, max_requests=1) as app, client_of(app) as client:
        first = DisconnectingClient(app)
        request = first.post(READ)
        await vendors.is_holding.wait()
        rejected = await client.post("/graphql", json={"query": READ})
        health = await client.get("/healthz")
        vendors.release.set()
        await request
    assert rejected.status_code == 503
    assert rejected.headers["retry-after"] == "1"
    assert rejected.json() == {
        "errors": [
            {
                "message": "The gateway has too many operations to do. Retry in 1 s.",
                "extensions": {"code": "OVERLOADED", "retryAfterSeconds": 1},
            }
        ]
    }
    assert health.status_code == 200
    assert list(first.json()) == ["data"]
    assert len(vendors.calls) == 1


async def test_a_health_check_is_answered_before_operations_that_came_earlier() -> None:
    async with gateway_client() as client:
        answered: list[str] = []

        async def ask(number: int) -> None:
            query = {"query": f"query Q{number} {{ providers {{ key }} }}"}
            assert (await client.post("/graphql", json=query)).status_code == 200
            answered.append("operation")

        async def check() -> None:
            assert (await client.get("/healthz")).status_code == 200
            answered.append("health")

        await asyncio.gather(*(ask(number) for number in range(100)), check())
    assert answered.index("health") < 20
