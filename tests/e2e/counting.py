"""Counts the calls that the simulators received."""

from tests.e2e.gateway import Gateway


def take_counts(gateway: Gateway) -> dict[str, int]:
    """Return the calls since the last time by vendor, without vendors that had none."""
    sandbox = gateway.sandbox
    simulators = {"DODO": sandbox.dodo, "AXIM": sandbox.axim, "TWO_CHECKOUT": sandbox.two_checkout}
    counts = {key: len(simulator.calls) for key, simulator in simulators.items()}
    for simulator in simulators.values():
        simulator.calls.clear()
    return {key: count for key, count in counts.items() if count}
