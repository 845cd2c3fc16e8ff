"""Cost: what an operation may come to, in rows, in calls to vendors and in points."""

from dataclasses import dataclass
from typing import Final

from groupgate.schema.guardrails.measure import Measure

POINTS_PER_CALL: Final = 10
VALUES_PER_POINT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An estimate on the high side, from the schema and the page sizes asked for.

    points = rows + 10 x upstream_calls + values / 10, where a value is one answer to one field:
    a row with many fields takes the gateway longer than a row with few.
    """

    rows: int
    """Things of the catalogue (types that implement Node) that may be answered."""
    upstream_calls: int
    """Calls to vendors that it may take. Those made are fewer: see `prices`."""
    points: int
    """What counts against `Limits.points`, and against a caller's rate."""

    @classmethod
    def of(cls, found: Measure) -> "Cost":
        """Sum up what the walk found."""
        calls = POINTS_PER_CALL * found.calls
        points = found.rows + calls + found.values // VALUES_PER_POINT
        return cls(rows=found.rows, upstream_calls=found.calls, points=points)
