"""Percentiles of response times, and comparisons of two conditions with their uncertainty."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import quantiles
from typing import Final

DRAWS: Final = 1_000

Phase = Sequence[float]
"""Response times in seconds of one period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One percentile under two conditions that alternated."""

    before: float
    after: float
    lowest: float
    highest: float
    """The ratio is between `lowest` and `highest` with a confidence of 95 %."""

    @property
    def ratio(self) -> float:
        """The percentile under the second condition divided by that under the first."""
        return self.after / self.before


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return the time that this percentage of the responses did not exceed."""
    return quantiles(seconds, n=100, method="inclusive")[percent - 1]


def compare(turns: Sequence[tuple[Phase, Phase]], percent: int) -> Comparison:
    """Compare a percentile of the first phases of all turns with that of the second phases.

    The interval comes from a bootstrap, which resamples turns, each with both its phases.
    """
    dice = random.Random(0)  # noqa: S311 # not used for a secret
    ratios = []
    for _ in range(DRAWS):
        before, after = _percentiles(dice.choices(turns, k=len(turns)), percent)
        ratios.append(after / before)
    before, after = _percentiles(turns, percent)
    bounds = quantiles(ratios, n=40)
    return Comparison(before=before, after=after, lowest=bounds[0], highest=bounds[-1])


def _percentiles(turns: Sequence[tuple[Phase, Phase]], percent: int) -> tuple[float, float]:
    before, after = (list(chain.from_iterable(phases)) for phases in zip(*turns, strict=True))
    return percentile(before, percent), percentile(after, percent)
