"""How much memory a process holds, how much more in the end than in the beginning."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, mean
from typing import Final

PARTS: Final = 10
"""The first and the last of so many parts of the time are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the system says of a process at one time."""

    seconds: float
    """From the beginning of the measurement."""
    resident: int
    """Kibibytes."""
    descriptors: int
    """Open files and connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How resident memory went, in kibibytes."""

    first: float
    last: float
    highest: int
    slope: float
    """A minute, by a straight line through all samples."""

    @property
    def percent(self) -> float:
        """The last part over the first."""
        return (self.last / self.first - 1) * 100


def look(process: int, seconds: float) -> Sample:
    """Look at a process now."""
    there = Path(f"/proc/{process}")
    lines = (there / "status").read_text().splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return Sample(
        seconds=seconds,
        resident=int(resident.split()[1]),
        descriptors=len(list((there / "fd").iterdir())),
    )


def growth_of(samples: Sequence[Sample]) -> Growth:
    """Compare the end with the beginning."""
    resident = [sample.resident for sample in samples]
    part = max(1, len(samples) // PARTS)
    line = linear_regression([sample.seconds / 60 for sample in samples], resident)
    return Growth(
        first=mean(resident[:part]),
        last=mean(resident[-part:]),
        highest=max(resident),
        slope=line.slope,
    )
