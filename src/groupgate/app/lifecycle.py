"""How far the process is: it starts, it can answer, it stops."""

from dataclasses import dataclass
from enum import StrEnum


class Phase(StrEnum):
    """What `/readyz` says."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


@dataclass(slots=True)
class Lifecycle:
    """The phase that the process is in; a server that is told to stop puts it there."""

    phase: Phase = Phase.STARTING
