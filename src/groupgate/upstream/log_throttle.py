"""Limits how often one line is logged, however often its cause occurs."""

from typing import Final

from groupgate.request import now

LOG_INTERVAL: Final = 60.0
"""Seconds between two lines with the same key."""


class LogThrottle:
    """Allows a line with the same key once a minute."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def allows(self, key: str) -> bool:
        """Return True if the line is due, and count it as logged."""
        moment = now()
        if moment - self._logged_at.get(key, -LOG_INTERVAL) < LOG_INTERVAL:
            return False
        self._logged_at[key] = moment
        return True
