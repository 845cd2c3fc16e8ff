"""How long answers took: percentiles, and how sure a comparison of two is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import quantiles
from typing import Final

DRAWS: Final = 1_000

Phase = Sequence[float]
"""Seconds of the answers in one stretch of time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One percentile of two conditions that took turns."""

    before: float
    after: float
    lowest: float
    highest: float
    """Nineteen times in twenty the ratio is in between, going by how the turns differ."""

    @property
    def ratio(self) -> float:
        """The second by the first."""
        return self.after / self.before


def percentile(seconds: Sequence[float], percent: int) -> float:
    """So many percent took no longer."""
    return quantiles(seconds, n=100, method="inclusive")[percent - 1]


def compare(turns: Sequence[tuple[Phase, Phase]], percent: int) -> Compared:
    """Compare a percentile of all first phases with that of all second ones.

    The interval is a bootstrap's: turns are drawn again, each with both its phases.
    """
    chance = random.Random(0)  # noqa: S311 # chance need not be secret here
    ratios = []
    for _ in range(DRAWS):
        before, after = _percentiles(chance.choices(turns, k=len(turns)), percent)
        ratios.append(after / before)
    before, after = _percentiles(turns, percent)
    bounds = quantiles(ratios, n=40)
    return Compared(before=before, after=after, lowest=bounds[0], highest=bounds[-1])


def _percentiles(turns: Sequence[tuple[Phase, Phase]], percent: int) -> tuple[float, float]:
    before, after = (list(chain.from_iterable(phases)) for phases in zip(*turns, strict=True))
    return percentile(before, percent), percentile(after, percent)
