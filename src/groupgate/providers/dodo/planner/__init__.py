"""Plans the writes of each mutation at Dodo Payments: which calls, in which order."""

from groupgate.providers.dodo.planner.planner import CAPABILITIES, DodoPlanner

__all__ = ["CAPABILITIES", "DodoPlanner"]
