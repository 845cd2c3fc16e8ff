"""Simulator of the 2Checkout REST API for product groups and products."""

from groupgate.sandbox.two_checkout.app import TwoCheckoutSimulator

__all__ = ["TwoCheckoutSimulator"]
