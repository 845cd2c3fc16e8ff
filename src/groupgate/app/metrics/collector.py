"""Prometheus metrics of the counts and of the present state; imported only if metrics are on."""

import asyncio
import platform
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from groupgate import __version__
from groupgate.app.metrics.counts import CALL_BOUNDS, REQUEST_BOUNDS, WAIT_BOUNDS, Example
from groupgate.app.metrics.families import (
    ACCOUNT,
    add_histogram,
    counter,
    gauge,
    gauge_of_vendors,
)
from groupgate.app.metrics.page import Render
from groupgate.app.metrics.workers import Measurements, Report
from groupgate.domain.provider import ProviderState
from groupgate.observer import AnswerSource, CacheResult

_RESPONSE_CACHE_RESULTS: Final = {
    AnswerSource.CACHED: "hit",
    AnswerSource.SHARED: "shared",
    AnswerSource.EXECUTED: "miss",
}

_WORKER: Final = "worker"
"""The label of metrics of one process, if there are several: the number of the worker, from 0."""


def make_renderer(measurements: Measurements) -> Render:
    """Return the function that renders the gateway's metrics and those of its processes."""
    platform_metrics = PlatformCollector(registry=None)
    own_process = (ProcessCollector(registry=None), GCCollector(registry=CollectorRegistry()))

    async def render(accept: str) -> tuple[bytes, str]:
        report = measurements.report()
        processes = own_process if report.pids is None else (_OfProcesses(report.pids),)
        registry = CollectorRegistry()
        for collector in (GatewayCollector(report), platform_metrics, *processes):
            registry.register(collector)
        encode, media = choose_encoder(accept)
        # In a thread, because four thousand lines take tens of milliseconds.
        return await asyncio.to_thread(encode, registry), media

    return render


class _OfProcesses(Collector):
    """Makes the metrics of the process of each worker, with its number as a label.

    Those of the garbage collector are left out: only the process itself knows them.
    """

    def __init__(self, pids: Mapping[int, int]) -> None:
        self._pids = pids

    def describe(self) -> Iterable[Metric]:
        """Return nothing, as above."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        families: dict[str, Metric] = {}
        for number, pid in self._pids.items():
            for family in ProcessCollector(pid=partial(int, pid), registry=None).collect():
                known = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type)
                )
                for sample in family.samples:
                    labels = {**sample.labels, _WORKER: str(number)}
                    known.add_sample(sample.name, labels, sample.value)
        yield from families.values()


class GatewayCollector(Collector):
    """Makes metrics of a report."""

    def __init__(self, report: Report) -> None:
        self._counted = report.counted
        self._present = report.present

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry need not read the metrics before they are encoded."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from self._requests()
        yield from self._response_cache()
        yield from self._calls()
        yield from self._reads()
        yield from self._vendors()
        yield from self._budgets_and_states()
        yield from self._process()

    def _requests(self) -> Iterator[Metric]:
        counted, present = self._counted, self._present
        requests = CounterMetricFamily(
            "groupgate_requests",
            "Requests to /graphql that have ended, by operation name, type, HTTP status and code "
            "of the first error.",
            labels=("operation", "type", "status", "code"),
        )
        for (name, kind, status, code), number in counted.requests.items():
            requests.add_metric((name, kind, str(status), code), number)
        yield requests
        durations = HistogramMetricFamily(
            "groupgate_request_duration_seconds",
            "Time from the arrival of a request's head to its response.",
            labels=("operation", "type"),
        )
        examples: dict[tuple[str, str], dict[int, Example]] = defaultdict(dict)
        for (name, kind, bucket), example in counted.examples.items():
            examples[name, kind][bucket] = example
        for labels, values in counted.durations.items():
            add_histogram(durations, labels, REQUEST_BOUNDS, values, examples[labels])
        yield durations
        yield gauge("requests_running", "Operations that are being executed.", present.running)
        yield gauge(
            "requests_running_limit",
            "Operations that may be executed at a time (GROUPGATE_MAX_REQUESTS).",
            present.limit,
        )
        yield gauge("requests_waiting", "Operations that wait for a turn.", present.waiting)
        waits = HistogramMetricFamily(
            "groupgate_request_wait_seconds", "Time for which an operation waited for its turn."
        )
        add_histogram(waits, (), WAIT_BOUNDS, counted.waits)
        yield waits
        yield counter(
            "stale_responses",
            "Responses with an older part of this vendor, because the vendor failed.",
            ACCOUNT,
            ((account, counted.stale.get(account, 0)) for account in present.vendors),
        )
        yield counter(
            "idempotency_keys",
            "Mutations with an Idempotency-Key, by what the key led to.",
            ("result",),
            (((use.lower(),), number) for use, number in counted.key_uses.items()),
        )

    def _response_cache(self) -> Iterator[Metric]:
        present, queries = self._present, self._counted.queries
        yield counter(
            "response_cache_lookups",
            "Queries answered from the response cache (hit), by the same query of another request "
            "(shared), or executed (miss).",
            ("result",),
            (
                ((result,), queries[source.value])
                for source, result in _RESPONSE_CACHE_RESULTS.items()
            ),
        )
        yield gauge(
            "response_cache_bytes", "Bytes of the responses to queries.", present.cache_bytes
        )
        yield gauge(
            "response_cache_bytes_limit",
            "Bytes that they may take (GROUPGATE_RESPONSE_CACHE_BYTES).",
            present.cache_bytes_limit,
        )
        yield gauge("response_cache_entries", "Responses to queries.", present.cache_entries)

    def _calls(self) -> Iterator[Metric]:
        counted = self._counted
        yield counter(
            "upstream_calls",
            "HTTP calls to vendors, each try counted; status 0 if no response arrived.",
            (*ACCOUNT, "operation", "status"),
            (
                ((*account, operation, str(status)), number)
                for (account, operation, status), number in counted.calls.items()
            ),
        )
        durations = HistogramMetricFamily(
            "groupgate_upstream_call_duration_seconds",
            "Time from sending a call to the end of its response.",
            labels=(*ACCOUNT, "operation"),
        )
        for (account, operation), values in counted.call_durations.items():
            add_histogram(durations, (*account, operation), CALL_BOUNDS, values)
        yield durations
        waits = HistogramMetricFamily(
            "groupgate_upstream_wait_seconds",
            "Time for which a call waited for the vendor's limits before it was sent.",
            labels=ACCOUNT,
        )
        for account, values in counted.call_waits.items():
            add_histogram(waits, account, WAIT_BOUNDS, values)
        yield waits
        yield counter(
            "upstream_retries",
            "Calls that were sent again, by the error before.",
            (*ACCOUNT, "error"),
            (((*account, error), number) for (account, error), number in counted.retries.items()),
        )

    # Counters of vendors begin with 0, so that Prometheus sees the first increase.

    def _reads(self) -> Iterator[Metric]:
        counted, accounts = self._counted, self._present.vendors
        yield counter(
            "cache_lookups",
            "Reads answered from the cache (hit, or stale because the vendor failed), by a running "
            "read (shared), or by neither (miss).",
            (*ACCOUNT, "result"),
            (
                ((*account, result.value.lower()), counted.lookups.get((account, result.value), 0))
                for account in accounts
                for result in CacheResult
            ),
        )
        yield counter(
            "unreadable_values",
            "Values of vendors' responses that became null (value), and rows that were left out.",
            (*ACCOUNT, "kind"),
            (
                ((*account, kind), numbers.get(account, 0))
                for kind, numbers in (
                    ("value", counted.unreadable_nulls),
                    ("row", counted.unreadable_rows),
                )
                for account in accounts
            ),
        )
        yield counter(
            "vendor_state_changes",
            "Changes of a vendor's state to this one.",
            (*ACCOUNT, "state"),
            (
                ((*account, state.value), counted.state_changes.get((account, state.value), 0))
                for account in accounts
                for state in ProviderState
            ),
        )

    def _vendors(self) -> Iterator[Metric]:
        vendors = self._present.vendors
        yield gauge_of_vendors(
            "upstream_calls_running",
            "Calls that are running.",
            vendors,
            lambda one: one.calls_running,
        )
        yield gauge_of_vendors(
            "upstream_calls_waiting",
            "Calls that wait for the vendor's limits.",
            vendors,
            lambda one: one.calls_waiting,
        )
        yield gauge_of_vendors(
            "breaker_open",
            "1 while the gateway does not call the vendor, because it keeps failing.",
            vendors,
            lambda one: one.is_breaker_open,
        )
        yield gauge_of_vendors(
            "cache_bytes",
            "Memory of the vendor's cached responses.",
            vendors,
            lambda one: one.cache_bytes,
        )
        yield gauge_of_vendors(
            "cache_bytes_limit",
            "Memory that they may take (GROUPGATE_CACHE_BYTES).",
            vendors,
            lambda one: one.cache_bytes_limit,
        )
        yield gauge_of_vendors(
            "cache_entries",
            "The vendor's cached responses.",
            vendors,
            lambda one: one.cache_entries,
        )

    def _budgets_and_states(self) -> Iterator[Metric]:
        left = GaugeMetricFamily(
            "groupgate_upstream_budget_calls",
            "Calls that the vendor's rate limit still allows in the window.",
            labels=(*ACCOUNT, "window"),
        )
        limits = GaugeMetricFamily(
            "groupgate_upstream_budget_calls_limit",
            "Calls that the vendor's rate limit allows in the window.",
            labels=(*ACCOUNT, "window"),
        )
        states = GaugeMetricFamily(
            "groupgate_vendor_state",
            "1 for the vendor's present state, else 0.",
            labels=(*ACCOUNT, "state"),
        )
        for account, one in self._present.vendors.items():
            for window, (limit, used) in one.budgets.items():
                left.add_metric((*account, window), max(0, limit - used))
                limits.add_metric((*account, window), limit)
            for state in ProviderState:
                states.add_metric((*account, state.value), one.state == state.value)
        yield from (left, limits, states)

    def _process(self) -> Iterator[Metric]:
        present = self._present
        build = GaugeMetricFamily(
            "groupgate_build_info",
            "Always 1; the labels name the versions of groupgate and Python.",
            labels=("version", "python"),
        )
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        yield gauge(
            "ready", "1 while the process accepts requests, as /readyz says.", present.is_ready
        )
        if present.connections is not None:
            yield gauge("open_connections", "Open connections of clients.", present.connections)
        if present.is_store_up is not None:
            help_text = "1 while the shared store (Redis) responds."
            yield gauge("store_up", help_text, present.is_store_up)
        yield counter(
            "audit_failures",
            "Lines of the audit log that could not be written.",
            (),
            [((), self._counted.audit_failures)],
        )
        lag = HistogramMetricFamily(
            "groupgate_event_loop_lag_seconds",
            "Delay of a timer in the event loop, measured twice a second.",
        )
        add_histogram(lag, (), WAIT_BOUNDS, self._counted.loop_lag)
        yield lag
