"""Counts what was met and told on journeys, so that it can be seen that there was something."""

from collections import Counter
from dataclasses import dataclass, field

from tests.faults.writes.judging import Verdict


@dataclass(frozen=True, slots=True)
class Tally:
    """What has been seen."""

    met: Counter[str] = field(default_factory=Counter)
    """Writes by the trouble that they met."""
    reads_met: Counter[str] = field(default_factory=Counter)
    """Reads likewise."""
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    """Mutations that were told as done."""
    again: Counter[tuple[Verdict, Verdict]] = field(default_factory=Counter)
    """What came of mutations that were carried out again with their key: at first, and then."""
    replayed: Counter[Verdict] = field(default_factory=Counter)
    """What came of mutations whose answer was told once more."""

    def told(self) -> str:
        """All of it, for those who look at a long run."""
        lines = {
            "mutations": sum(self.verdicts.values()),
            "told": {each.value: count for each, count in self.verdicts.most_common()},
            "writes": dict(self.met),
            "reads": dict(self.reads_met),
            "done": dict(self.done),
            "again": {f"{a.value} > {b.value}": count for (a, b), count in self.again.items()},
            "replayed": {each.value: count for each, count in self.replayed.items()},
        }
        return "\n".join(f"{name}: {value}" for name, value in lines.items())
