"""What several workers report together, without starting them."""

import os
import subprocess
from collections.abc import Mapping

import pytest

from groupgate.app.admission import Admission
from groupgate.app.health import Lifecycle, Phase
from groupgate.app.metrics.collector import make_renderer
from groupgate.app.metrics.counts import Counts, Example
from groupgate.app.metrics.slots import Slot
from groupgate.app.metrics.snapshot import Levels, Snapshot, take_snapshot
from groupgate.app.metrics.workers import Measurements, Worker
from groupgate.app.query_cache import QueryCache
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import ProviderKey
from groupgate.observer import Budget, CacheResult, VendorLevels
from tests.app.metrics.scraped import samples
from tests.app.metrics.test_counts import ended

pytestmark = pytest.mark.anyio

DODO = ProviderKey.DODO


class OneWorker:
    """The counts and levels of a worker with one vendor."""

    def __init__(self, worker: Worker | None, **vendor: object) -> None:
        self.counts = Counts()
        self.lifecycle = Lifecycle(phase=Phase.READY, count_connections=lambda: 3)
        given = {
            "state": ProviderState.AVAILABLE,
            "is_breaker_open": False,
            "budgets": {"minute": Budget(limit=240, left=200)},
            **vendor,
        }
        one = VendorLevels(
            provider=DODO,
            calls_running=2,
            calls_waiting=5,
            cache_entries=7,
            cache_bytes=700,
            cache_bytes_limit=1000,
            **given,  # type: ignore[arg-type]
        )
        levels = Levels(
            vendors=lambda: [one],
            admission=Admission(500),
            query_cache=QueryCache(ttl=5, max_bytes=100, counters={}),
            lifecycle=self.lifecycle,
            store=None,
        )
        self.measurements = Measurements(self.counts, levels, worker)

    def report_examples(self) -> Mapping[tuple[str, str, int], Example]:
        """Return the examples of what it serves."""
        return self.measurements.report().counted.examples

    async def page(self) -> str:
        """Return what it serves at /metrics."""
        body, _ = await make_renderer(self.measurements)("text/plain")
        return body.decode()


def publish_as(pid: int, worker: OneWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Publish what the worker reports as if it were another process."""

    def take(counts: Counts, levels: Levels) -> Snapshot:
        taken = take_snapshot(counts, levels)
        taken.pid = pid
        return taken

    with monkeypatch.context() as patch:
        patch.setattr("groupgate.app.metrics.workers.take_snapshot", take)
        worker.measurements.publish()


@pytest.fixture
def slots() -> list[Slot]:
    """Make the slots of two workers."""
    return [Slot(), Slot()]


async def test_counts_are_added_and_levels_merged(
    slots: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = OneWorker(
        Worker(number=1, slots=slots),
        state=ProviderState.UNAVAILABLE,
        is_breaker_open=True,
        budgets={"minute": Budget(limit=240, left=230), "second": Budget(limit=40, left=40)},
    )
    first = OneWorker(Worker(number=0, slots=slots))
    first.counts.request_ended(ended("Shop", milliseconds=4))
    first.counts.cache_looked_up(DODO, CacheResult.HIT)
    first.counts.request_ended(ended("Shop", milliseconds=8))
    second.counts.request_ended(ended("Shop", milliseconds=9, request_id="r2"))
    second.counts.request_ended(ended("Shop", milliseconds=80, status=503))
    second.counts.cache_looked_up(DODO, CacheResult.HIT)
    second.counts.cache_looked_up(DODO, CacheResult.MISS)
    publish_as(os.getppid(), second, monkeypatch)
    text = await first.page()

    def values(name: str) -> dict[tuple[str, ...], float]:
        return {labels: value for labels, value in samples(text, name).items() if value}

    examples = {bucket: one for (*_, bucket), one in first.report_examples().items()}
    assert {bucket: one[0] for bucket, one in examples.items()} == {3: "r", 4: "r2", 7: "r"}
    assert values("groupgate_requests_total") == {
        ("", "Shop", "200", "query"): 3,
        ("", "Shop", "503", "query"): 1,
    }
    assert values("groupgate_request_duration_seconds_count") == {("Shop", "query"): 4}
    assert values("groupgate_request_duration_seconds_sum") == {
        ("Shop", "query"): pytest.approx(0.101)
    }
    buckets = samples(text, "groupgate_request_duration_seconds_bucket")
    assert {labels[0]: value for labels, value in buckets.items()} | {"0.0025": 0} == {
        **dict.fromkeys(("0.0005", "0.001", "0.0025"), 0),
        "0.005": 1,
        **dict.fromkeys(("0.01", "0.025", "0.05"), 3),
        **dict.fromkeys(("0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "+Inf"), 4),
    }
    assert values("groupgate_cache_lookups_total") == {("hit", "DODO"): 2, ("miss", "DODO"): 1}
    assert values("groupgate_requests_running_limit") == {(): 1000}
    assert values("groupgate_open_connections") == {(): 6}
    assert values("groupgate_upstream_calls_waiting") == {("DODO",): 10}
    assert values("groupgate_cache_bytes_limit") == {("DODO",): 2000}
    assert values("groupgate_upstream_budget_calls_limit") == {
        ("DODO", "minute"): 240,
        ("DODO", "second"): 40,
    }
    assert values("groupgate_upstream_budget_calls") == {
        ("DODO", "minute"): 190,
        ("DODO", "second"): 40,
    }
    assert values("groupgate_breaker_open") == {("DODO",): 1}
    assert values("groupgate_vendor_state") == {("UNAVAILABLE", "DODO"): 1}
    assert values("groupgate_ready") == {(): 1}
    assert list(values("groupgate_build_info").values()) == [1]
    assert set(values("process_resident_memory_bytes")) == {("0",), ("1",)}
    assert set(values("process_open_fds")) == set(values("process_max_fds")) == {("0",), ("1",)}
    assert "python_gc" not in text


async def test_a_worker_counts_on_where_the_one_before_it_has_ended(slots: list[Slot]) -> None:
    for number in (1, 2, 3):
        worker = OneWorker(Worker(number=0, slots=slots))
        worker.counts.request_ended(ended("Shop"))
        counted = samples(await worker.page(), "groupgate_requests_total")
        assert counted == {("", "Shop", "200", "query"): number}


async def test_all_workers_must_be_ready(
    slots: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = OneWorker(Worker(number=0, slots=slots))
    second = OneWorker(Worker(number=1, slots=slots))
    publish_as(os.getppid(), second, monkeypatch)
    assert samples(await first.page(), "groupgate_ready") == {(): 1}
    second.lifecycle.phase = Phase.STOPPING
    publish_as(os.getppid(), second, monkeypatch)
    assert samples(await first.page(), "groupgate_ready") == {(): 0}


async def test_a_worker_that_has_not_started_is_not_ready(slots: list[Slot]) -> None:
    first = OneWorker(Worker(number=0, slots=slots))
    text = await first.page()
    assert samples(text, "groupgate_ready") == {(): 0}
    assert samples(text, "groupgate_open_connections") == {(): 3}


async def test_a_worker_that_has_ended_has_counts_and_no_state(
    slots: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    second = OneWorker(Worker(number=1, slots=slots), is_breaker_open=True)
    second.counts.request_ended(ended("Shop"))
    publish_as(ended_process(), second, monkeypatch)
    text = await OneWorker(Worker(number=0, slots=slots)).page()
    assert samples(text, "groupgate_requests_total") == {("", "Shop", "200", "query"): 1}
    assert samples(text, "groupgate_breaker_open") == {("DODO",): 0}
    assert samples(text, "groupgate_ready") == {(): 0}


def ended_process() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen(["true"]) as process:  # noqa: S607 - that of the machine
        return process.pid
