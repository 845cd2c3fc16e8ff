"""What one process has counted and its present state, as plain values that another one can read.

`--workers` are processes of one gateway: each publishes a snapshot, and the one that is asked for
`/metrics` merges them.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

import msgspec

from groupgate.app.admission import Admission
from groupgate.app.health import Lifecycle, Phase
from groupgate.app.metrics.counts import Counts, Example, Histogram
from groupgate.app.query_cache import QueryCache
from groupgate.domain.provider import ProviderState
from groupgate.domain.refs import AccountKey
from groupgate.observer import VendorLevels
from groupgate.stores import StoreConnection

Account = tuple[str, str]
"""The values of the labels `vendor` and `account`."""

Values = list[float]
"""A histogram: the counts of its buckets, each without those below it; then the sum of values."""

_STATES: Final = [state.value for state in ProviderState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """What has a present state that metrics report, beside the counts."""

    vendors: Callable[[], Iterable[VendorLevels]]
    admission: Admission
    query_cache: QueryCache
    lifecycle: Lifecycle
    store: StoreConnection | None
    """None without a store of several processes."""


class Counted(msgspec.Struct, array_like=True, kw_only=True):
    """The counts since the start; those of several processes are added."""

    requests: dict[tuple[str, str, int, str], int]
    """By name and type of the operation, HTTP status and first error code."""
    durations: dict[tuple[str, str], Values]
    """By name and type of the operation."""
    examples: dict[tuple[str, str, int], Example]
    """The last request by name and type of the operation, and by the index of the bucket."""
    waits: Values
    queries: dict[str, int]
    """By the source of the response."""
    stale: dict[Account, int]
    key_uses: dict[str, int]
    calls: dict[tuple[Account, str, int], int]
    """By vendor, operation and status."""
    call_durations: dict[tuple[Account, str], Values]
    """By vendor and operation."""
    call_waits: dict[Account, Values]
    retries: dict[tuple[Account, str], int]
    """By vendor and error."""
    state_changes: dict[tuple[Account, str], int]
    """By vendor and new state."""
    lookups: dict[tuple[Account, str], int]
    """By vendor and result."""
    unreadable_nulls: dict[Account, int]
    unreadable_rows: dict[Account, int]
    audit_failures: int
    loop_lag: Values


class PresentVendor(msgspec.Struct, array_like=True, kw_only=True):
    """The present state of the calls to one vendor."""

    state: str
    is_breaker_open: bool
    calls_running: int
    calls_waiting: int
    budgets: dict[str, tuple[int, int]]
    """By window: the limit of calls, and the calls that this process has used of it."""
    cache_entries: int
    cache_bytes: int
    cache_bytes_limit: int


class Present(msgspec.Struct, array_like=True, kw_only=True):
    """The present state of one process, or of several."""

    is_ready: bool
    running: int
    limit: int
    waiting: int
    cache_entries: int
    cache_bytes: int
    cache_bytes_limit: int
    connections: int | None
    """Open connections of clients; None if no server counts them."""
    is_store_up: bool | None
    """None without a store of several processes."""
    vendors: dict[Account, PresentVendor]


class Snapshot(msgspec.Struct, array_like=True, kw_only=True):
    """The counts and the present state of one process."""

    pid: int
    counted: Counted
    present: Present


def take_snapshot(counts: Counts, levels: Levels) -> Snapshot:
    """Return a copy of the counts, and the present state."""
    return Snapshot(pid=os.getpid(), counted=_counted(counts), present=_present(levels))


def add_counts(first: Counted, second: Counted) -> Counted:
    """Return the counts of both, and the later one of two examples."""
    added = {
        name: _sum(getattr(first, name), getattr(second, name))
        for name in Counted.__struct_fields__
    }
    return Counted(**added)


def account_of(key: AccountKey) -> Account:
    """Return the values of the labels `vendor` and `account`."""
    return key.vendor.value, key.account


def merge(first: Present, second: Present) -> Present:
    """Return the present state of two processes, or of two groups of them, together.

    They are ready if both are. What they hold or run is added. They share the budgets of calls, so
    what each has used is taken from the one limit. A vendor's state is the worst that one knows.
    """
    stores = [one.is_store_up for one in (first, second) if one.is_store_up is not None]
    numbers = [one.connections for one in (first, second) if one.connections is not None]
    vendors = dict(first.vendors)
    for account, vendor in second.vendors.items():
        known = vendors.get(account)
        vendors[account] = vendor if known is None else _merge_vendors(known, vendor)
    return Present(
        is_ready=first.is_ready and second.is_ready,
        running=first.running + second.running,
        limit=first.limit + second.limit,
        waiting=first.waiting + second.waiting,
        cache_entries=first.cache_entries + second.cache_entries,
        cache_bytes=first.cache_bytes + second.cache_bytes,
        cache_bytes_limit=first.cache_bytes_limit + second.cache_bytes_limit,
        connections=sum(numbers) if numbers else None,
        is_store_up=all(stores) if stores else None,
        vendors=vendors,
    )


def _merge_vendors(first: PresentVendor, second: PresentVendor) -> PresentVendor:
    budgets = dict(first.budgets)
    for window, (limit, used) in second.budgets.items():
        known_limit, known_used = budgets.get(window, (limit, 0))
        # A limit that one process has learned from the vendor's headers is not yet known to others.
        budgets[window] = (min(limit, known_limit), used + known_used)
    return PresentVendor(
        state=max(first.state, second.state, key=_STATES.index),
        is_breaker_open=first.is_breaker_open or second.is_breaker_open,
        calls_running=first.calls_running + second.calls_running,
        calls_waiting=first.calls_waiting + second.calls_waiting,
        budgets=budgets,
        cache_entries=first.cache_entries + second.cache_entries,
        cache_bytes=first.cache_bytes + second.cache_bytes,
        cache_bytes_limit=first.cache_bytes_limit + second.cache_bytes_limit,
    )


def _sum(first: Any, second: Any) -> Any:
    """Add numbers, lists of equal length item by item, and dictionaries by key.

    Of two examples, which are tuples, the later one remains.
    """
    if isinstance(first, Mapping):
        both = first.keys() & second.keys()
        return {**first, **second} | {key: _sum(first[key], second[key]) for key in both}
    if isinstance(first, tuple):
        return max(first, second, key=itemgetter(-1))
    if isinstance(first, list):
        return [one + other for one, other in zip(first, second, strict=True)]
    return first + second


def _counted(counts: Counts) -> Counted:
    return Counted(
        requests={labels: series.count for labels, series in counts.requests.items()},
        durations={labels: _values(one) for labels, one in counts.durations.items()},
        examples={
            (*labels, bucket): example
            for labels, one in counts.durations.items()
            for bucket, example in enumerate(one.examples)
            if example is not None
        },
        waits=_values(counts.waits),
        queries={source.value: number for source, number in counts.queries.items()},
        stale={account_of(key): number for key, number in counts.stale.items()},
        key_uses={use.value: number for use, number in counts.key_uses.items()},
        calls={
            (account_of(key), operation, status): number
            for (key, operation, status), number in counts.calls.items()
        },
        call_durations={
            (account_of(key), operation): _values(one)
            for (key, operation), one in counts.call_durations.items()
        },
        call_waits={account_of(key): _values(one) for key, one in counts.call_waits.items()},
        retries={
            (account_of(key), error): number for (key, error), number in counts.retries.items()
        },
        state_changes={
            (account_of(key), state.value): number
            for (key, state), number in counts.state_changes.items()
        },
        lookups={
            (account_of(key), result.value): number
            for (key, result), number in counts.lookups.items()
        },
        unreadable_nulls={account_of(key): n for key, n in counts.unreadable_nulls.items()},
        unreadable_rows={account_of(key): n for key, n in counts.unreadable_rows.items()},
        audit_failures=counts.audit_failures,
        loop_lag=_values(counts.loop_lag),
    )


def _present(levels: Levels) -> Present:
    admission, cache, lifecycle = levels.admission, levels.query_cache, levels.lifecycle
    return Present(
        is_ready=lifecycle.phase is Phase.READY,
        running=admission.running,
        limit=admission.limit,
        waiting=admission.waiting,
        cache_entries=cache.entries,
        cache_bytes=cache.bytes,
        cache_bytes_limit=cache.max_bytes,
        connections=lifecycle.count_connections and lifecycle.count_connections(),
        is_store_up=None if levels.store is None else levels.store.is_available,
        vendors={account_of(one.provider): _present_vendor(one) for one in levels.vendors()},
    )


def _present_vendor(levels: VendorLevels) -> PresentVendor:
    return PresentVendor(
        state=levels.state.value,
        is_breaker_open=levels.is_breaker_open,
        calls_running=levels.calls_running,
        calls_waiting=levels.calls_waiting,
        budgets={
            window: (budget.limit, budget.limit - budget.left)
            for window, budget in levels.budgets.items()
        },
        cache_entries=levels.cache_entries,
        cache_bytes=levels.cache_bytes,
        cache_bytes_limit=levels.cache_bytes_limit,
    )


def _values(histogram: Histogram) -> Values:
    return [*histogram.counts, histogram.total]
