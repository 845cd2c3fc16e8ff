"""Prometheus metrics of the counts and of the present state; imported only if metrics are on."""

import asyncio
import platform
from collections.abc import Iterable, Iterator
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
from groupgate.app.health import Phase
from groupgate.app.metrics.counts import Counts
from groupgate.app.metrics.families import (
    ACCOUNT,
    add_histogram,
    counter,
    gauge,
    gauge_of_vendors,
    label_values,
)
from groupgate.app.metrics.page import Levels, Render
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import AccountKey
from groupgate.observer import AnswerSource, CacheResult, VendorLevels

_RESPONSE_CACHE_RESULTS: Final = {
    AnswerSource.CACHED: "hit",
    AnswerSource.SHARED: "shared",
    AnswerSource.EXECUTED: "miss",
}


def make_renderer(counts: Counts, levels: Levels) -> Render:
    """Return the function that renders the gateway's metrics and those of the process."""
    registry = CollectorRegistry()
    collector = GatewayCollector(counts, levels)
    registry.register(collector)
    for of_process in (ProcessCollector, PlatformCollector, GCCollector):
        of_process(registry=registry)

    async def render(accept: str) -> tuple[bytes, str]:
        collector.refresh()
        encode, media = choose_encoder(accept)
        return await asyncio.to_thread(encode, registry), media

    return render


class GatewayCollector(Collector):
    """Makes metrics of the counts and of the present state, each time they are read.

    `refresh` reads the present state in the event loop. `collect` runs in a thread, because four
    thousand lines take tens of milliseconds; it copies each dictionary that may grow meanwhile.
    """

    def __init__(self, counts: Counts, levels: Levels) -> None:
        self._counts = counts
        self._levels = levels
        self._vendor_levels: list[VendorLevels] = []

    def refresh(self) -> None:
        """Read the present state of the vendors."""
        self._vendor_levels = list(self._levels.vendors())

    @property
    def _vendor_keys(self) -> list[AccountKey]:
        """The vendors: their counters begin with 0, so that Prometheus sees the first increase."""
        return [one.provider for one in self._vendor_levels]

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the registry need not read the metrics before the start."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics."""
        yield from self._requests()
        yield from self._response_cache()
        yield from self._calls()
        yield from self._reads()
        yield from self._vendors()
        yield from self._process()

    def _requests(self) -> Iterator[Metric]:
        counts = self._counts
        requests = CounterMetricFamily(
            "groupgate_requests",
            "Requests to /graphql that have ended, by operation name, type, HTTP status and code "
            "of the first error.",
            labels=("operation", "type", "status", "code"),
        )
        for (name, kind, status, code), series in list(counts.requests.items()):
            requests.add_metric((name, kind, str(status), code), series.count)
        yield requests
        durations = HistogramMetricFamily(
            "groupgate_request_duration_seconds",
            "Time from the arrival of a request's head to its response.",
            labels=("operation", "type"),
        )
        for labels, histogram in list(counts.durations.items()):
            add_histogram(durations, labels, histogram)
        yield durations
        admission = self._levels.admission
        yield gauge("requests_running", "Operations that are being executed.", admission.running)
        yield gauge(
            "requests_running_limit",
            "Operations that may be executed at a time (GROUPGATE_MAX_REQUESTS).",
            admission.limit,
        )
        yield gauge("requests_waiting", "Operations that wait for a turn.", admission.waiting)
        waits = HistogramMetricFamily(
            "groupgate_request_wait_seconds", "Time for which an operation waited for its turn."
        )
        add_histogram(waits, (), counts.waits)
        yield waits
        yield counter(
            "stale_responses",
            "Responses with an older part of this vendor, because the vendor failed.",
            ACCOUNT,
            ((label_values(vendor), counts.stale[vendor]) for vendor in self._vendor_keys),
        )
        yield counter(
            "idempotency_keys",
            "Mutations with an Idempotency-Key, by what the key led to.",
            ("result",),
            (((use.value.lower(),), number) for use, number in list(counts.key_uses.items())),
        )

    def _response_cache(self) -> Iterator[Metric]:
        cache, queries = self._levels.query_cache, self._counts.queries
        yield counter(
            "response_cache_lookups",
            "Queries answered from the response cache (hit), by the same query of another request "
            "(shared), or executed (miss).",
            ("result",),
            (((result,), queries[source]) for source, result in _RESPONSE_CACHE_RESULTS.items()),
        )
        yield gauge("response_cache_bytes", "Bytes of the responses to queries.", cache.bytes)
        yield gauge(
            "response_cache_bytes_limit",
            "Bytes that they may take (GROUPGATE_RESPONSE_CACHE_BYTES).",
            cache.max_bytes,
        )
        yield gauge("response_cache_entries", "Responses to queries.", cache.entries)

    def _calls(self) -> Iterator[Metric]:
        counts = self._counts
        yield counter(
            "upstream_calls",
            "HTTP calls to vendors, each try counted; status 0 if no response arrived.",
            (*ACCOUNT, "operation", "status"),
            (
                ((*label_values(vendor), operation, str(status)), number)
                for (vendor, operation, status), number in list(counts.calls.items())
            ),
        )
        durations = HistogramMetricFamily(
            "groupgate_upstream_call_duration_seconds",
            "Time from sending a call to the end of its response.",
            labels=(*ACCOUNT, "operation"),
        )
        for (vendor, operation), histogram in list(counts.call_durations.items()):
            add_histogram(durations, (*label_values(vendor), operation), histogram)
        yield durations
        waits = HistogramMetricFamily(
            "groupgate_upstream_wait_seconds",
            "Time for which a call waited for the vendor's limits before it was sent.",
            labels=ACCOUNT,
        )
        for vendor, histogram in list(counts.call_waits.items()):
            add_histogram(waits, label_values(vendor), histogram)
        yield waits
        yield counter(
            "upstream_retries",
            "Calls that were sent again, by the error before.",
            (*ACCOUNT, "error"),
            (
                ((*label_values(vendor), error), number)
                for (vendor, error), number in list(counts.retries.items())
            ),
        )

    def _reads(self) -> Iterator[Metric]:
        counts = self._counts
        yield counter(
            "cache_lookups",
            "Reads answered from the cache (hit, or stale because the vendor failed), by a running "
            "read (shared), or by neither (miss).",
            (*ACCOUNT, "result"),
            (
                ((*label_values(vendor), result.value.lower()), counts.lookups[vendor, result])
                for vendor in self._vendor_keys
                for result in CacheResult
            ),
        )
        yield counter(
            "unreadable_values",
            "Values of vendors' responses that became null (value), and rows that were left out.",
            (*ACCOUNT, "kind"),
            (
                ((*label_values(vendor), kind), numbers[vendor])
                for kind, numbers in (
                    ("value", counts.unreadable_nulls),
                    ("row", counts.unreadable_rows),
                )
                for vendor in self._vendor_keys
            ),
        )

    def _vendors(self) -> Iterator[Metric]:
        vendors = self._vendor_levels
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
        yield from self._budgets_and_states()
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
        limit = GaugeMetricFamily(
            "groupgate_upstream_budget_calls_limit",
            "Calls that the vendor's rate limit allows in the window.",
            labels=(*ACCOUNT, "window"),
        )
        states = GaugeMetricFamily(
            "groupgate_vendor_state",
            "1 for the vendor's present state, else 0.",
            labels=(*ACCOUNT, "state"),
        )
        for one in self._vendor_levels:
            for window, budget in one.budgets.items():
                left.add_metric((*label_values(one.provider), window), budget.left)
                limit.add_metric((*label_values(one.provider), window), budget.limit)
            for state in ProviderState:
                states.add_metric((*label_values(one.provider), state.value), one.state is state)
        yield from (left, limit, states)
        yield counter(
            "vendor_state_changes",
            "Changes of a vendor's state to this one.",
            (*ACCOUNT, "state"),
            (
                ((*label_values(vendor), state.value), self._counts.state_changes[vendor, state])
                for vendor in self._vendor_keys
                for state in ProviderState
            ),
        )

    def _process(self) -> Iterator[Metric]:
        build = GaugeMetricFamily(
            "groupgate_build_info",
            "Always 1; the labels name the versions of groupgate and Python.",
            labels=("version", "python"),
        )
        build.add_metric((__version__, platform.python_version()), 1)
        yield build
        lifecycle = self._levels.lifecycle
        is_ready = lifecycle.phase is Phase.READY
        yield gauge("ready", "1 while the process accepts requests, as /readyz says.", is_ready)
        if lifecycle.count_connections is not None:
            number = lifecycle.count_connections()
            yield gauge("open_connections", "Open connections of clients.", number)
        store = self._levels.store
        if store is not None:
            help_text = "1 while the shared store (Redis) responds."
            yield gauge("store_up", help_text, store.is_available)
        failures = self._counts.audit_failures
        yield counter(
            "audit_failures",
            "Lines of the audit log that could not be written.",
            (),
            [((), failures)],
        )
        lag = HistogramMetricFamily(
            "groupgate_event_loop_lag_seconds",
            "Delay of a timer in the event loop, measured twice a second.",
        )
        add_histogram(lag, (), self._counts.loop_lag)
        yield lag
