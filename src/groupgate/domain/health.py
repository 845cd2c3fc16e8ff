"""How a vendor is answering."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class ProviderState(Enum):
    """How a vendor is answering."""

    AVAILABLE = "AVAILABLE"
    DEGRADED = "DEGRADED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """How a vendor is answering, and since when; None if it has been so from the start."""

    state: ProviderState = ProviderState.AVAILABLE
    since: datetime | None = None
