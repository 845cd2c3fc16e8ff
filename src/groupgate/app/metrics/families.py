"""Makes the metrics of prometheus-client; imported only if metrics are on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Final

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.samples import Exemplar

from groupgate.app.metrics.counts import Example
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
    examples: Mapping[int, Example] = MappingProxyType({}),
) -> None:
    """Add the buckets of one histogram to its metric; `bounds` are their upper bounds.

    `examples` are requests by the indexes of their buckets; only OpenMetrics shows them.
    """
    *counts, total = values
    numbers = zip((*map(str, bounds), "+Inf"), accumulate(counts), strict=True)
    buckets = [
        (bound, number, _exemplar(examples[index])) if index in examples else (bound, number)
        for index, (bound, number) in enumerate(numbers)
    ]
    family.add_metric(labels, buckets, total)


def _exemplar(example: Example) -> Exemplar:
    request_id, seconds, moment = example
    return Exemplar({"request_id": request_id}, seconds, moment)
