"""What Dodo Payments must be sent for a change: which writes, in which order, and what if not."""

from groupgate.providers.dodo.planner.capabilities import CAPABILITIES
from groupgate.providers.dodo.planner.plans import DodoPlanner

__all__ = ["CAPABILITIES", "DodoPlanner"]
