"""Dodo Payments, played: its catalogue API in memory, written from the vendor's pages alone."""

from groupgate.sandbox.dodo.app import DodoSimulator

__all__ = ["DodoSimulator"]
