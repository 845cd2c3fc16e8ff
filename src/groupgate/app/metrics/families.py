"""Makes the metrics of prometheus-client; imported only if metrics are on."""

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Final

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from groupgate.app.metrics.counts import Histogram
from groupgate.domain.refs import AccountKey
from groupgate.observer import VendorLevels

ACCOUNT: Final = ("vendor", "account")
"""The labels of metrics about an account of a vendor."""


def label_values(account: AccountKey) -> tuple[str, str]:
    """Return the values of the labels `vendor` and `account`."""
    return account.vendor.value, account.account


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
    vendors: Iterable[VendorLevels],
    value: Callable[[VendorLevels], float],
) -> Metric:
    """Return a metric with a value for each account of a vendor."""
    family = GaugeMetricFamily(f"groupgate_{name}", documentation, labels=ACCOUNT)
    for one in vendors:
        family.add_metric(label_values(one.provider), value(one))
    return family


def add_histogram(
    family: HistogramMetricFamily, labels: tuple[str, ...], histogram: Histogram
) -> None:
    """Add the buckets of one histogram to its metric."""
    bounds = (*map(str, histogram.bounds), "+Inf")
    buckets = list(zip(bounds, accumulate(histogram.counts), strict=True))
    family.add_metric(labels, buckets, histogram.total)
