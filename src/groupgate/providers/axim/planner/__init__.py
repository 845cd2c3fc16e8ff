"""What Axim Commerce must be sent for a change: mostly one PUT, for it takes all in one call."""

from groupgate.providers.axim.planner.capabilities import CAPABILITIES
from groupgate.providers.axim.planner.plans import AximPlanner

__all__ = ["CAPABILITIES", "AximPlanner"]
