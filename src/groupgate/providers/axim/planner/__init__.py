"""Plans the writes of each mutation at Axim Commerce: which calls, in which order."""

from groupgate.providers.axim.planner.planner import CAPABILITIES, AximPlanner

__all__ = ["CAPABILITIES", "AximPlanner"]
