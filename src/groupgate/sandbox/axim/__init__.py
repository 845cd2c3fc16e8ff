"""Axim Commerce, played: product groups and products behind a token, in memory."""

from groupgate.sandbox.axim.app import AximSimulator

__all__ = ["AximSimulator"]
