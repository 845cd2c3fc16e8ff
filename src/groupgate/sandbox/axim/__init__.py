"""Simulator of the Axim Commerce API for product groups and products."""

from groupgate.sandbox.axim.app import AximSimulator

__all__ = ["AximSimulator"]
