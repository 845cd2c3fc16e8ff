"""What 2Checkout must be sent for a change: one call for each product, and for each new group."""

from groupgate.providers.two_checkout.planner.capabilities import CAPABILITIES
from groupgate.providers.two_checkout.planner.plans import TwoCheckoutPlanner

__all__ = ["CAPABILITIES", "TwoCheckoutPlanner"]
