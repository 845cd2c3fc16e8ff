"""2Checkout, played: products that each have one group, behind a signed header, in memory."""

from groupgate.sandbox.two_checkout.app import TwoCheckoutSimulator

__all__ = ["TwoCheckoutSimulator"]
