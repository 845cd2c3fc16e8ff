"""Makes the metrics of prometheus-client; imported only if metrics are on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from groupgate.app.metrics.snapshot import Account, PresentVendor, Values

ACCOUNT: Final = ("vendor", "account")
"""The labels of metrics about an account of a vendor."""


def gauge(name: str, documentation: str, value: float) -> Metric:
    """Return a metric with one value and no labels."""
    return GaugeMetricFamily(f"groupgate_{name}", documentation, value)


def counter(
    name: str,
    documentation: str,
    labels: tuple[str, ...],
    values: Iterable[tuple[tuple[str, ...], int]],
) -> Metric:
    """Return a metric of the counts by the values of their labels."""
    family = CounterMetricFamily(f"groupgate_{name}", documentation, labels=labels)
    for names, value in values:
        family.add_metric(names, value)
    return family


def gauge_of_vendors(
    name: str,
    documentation: str,
    vendors: Mapping[Account, PresentVendor],
    value: Callable[[PresentVendor], float],
) -> Metric:
    """Return a metric with a value for each account of a vendor."""
    family = GaugeMetricFamily(f"groupgate_{name}", documentation, labels=ACCOUNT)
    for account, one in vendors.items():
        family.add_metric(account, value(one))
    return family


def add_histogram(
    family: HistogramMetricFamily,
    labels: Sequence[str],
    bounds: Iterable[float],
    values: Values,
) -> None:
    """Add the buckets of one histogram to its metric; `bounds` are their upper bounds."""
    *buckets, total = values
    named = zip((*map(str, bounds), "+Inf"), accumulate(buckets), strict=True)
    family.add_metric(labels, list(named), total)
