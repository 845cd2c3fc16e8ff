"""The resident memory of a process and its growth over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression, mean
from typing import Final

PARTS: Final = 10
"""The measurement is divided into this many parts, of which the first and last are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The memory and file descriptors of a process at one time."""

    seconds: float
    """Since the start of the measurement."""
    resident: int
    """Kibibytes."""
    descriptors: int
    """Open files and connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The growth of resident memory, in kibibytes."""

    first: float
    last: float
    highest: int
    slope: float
    """Growth per minute by linear regression over all samples."""

    @property
    def percent(self) -> float:
        """Growth from the first part to the last, in percent."""
        return (self.last / self.first - 1) * 100


def take_sample(process: int, seconds: float) -> Sample:
    """Read the memory and file descriptors of a process from /proc."""
    proc = Path(f"/proc/{process}")
    lines = (proc / "status").read_text().splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return Sample(
        seconds=seconds,
        resident=int(resident.split()[1]),
        descriptors=len(list((proc / "fd").iterdir())),
    )


def growth_of(samples: Sequence[Sample]) -> Growth:
    """Return the growth over the samples of a measurement."""
    resident = [sample.resident for sample in samples]
    part = max(1, len(samples) // PARTS)
    line = linear_regression([sample.seconds / 60 for sample in samples], resident)
    return Growth(
        first=mean(resident[:part]),
        last=mean(resident[-part:]),
        highest=max(resident),
        slope=line.slope,
    )
