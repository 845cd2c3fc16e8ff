"""Simulator of the Dodo Payments catalogue API, written from the vendor's pages."""

from groupgate.sandbox.dodo.app import DodoSimulator

__all__ = ["DodoSimulator"]
