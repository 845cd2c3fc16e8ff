"""Plans the writes of each mutation at 2Checkout: which calls, in which order."""

from groupgate.providers.two_checkout.planner.planner import CAPABILITIES, TwoCheckoutPlanner

__all__ = ["CAPABILITIES", "TwoCheckoutPlanner"]
