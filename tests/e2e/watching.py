"""What the played vendors hold, and what was written to them."""

import re
from collections.abc import Sequence

from groupgate.sandbox.app import Sandbox
from tests.e2e.gateway import Gateway


def snapshots(sandbox: Sandbox) -> list[object]:
    """All that the vendors hold."""
    return [vendor.snapshot() for vendor in (sandbox.dodo, sandbox.axim, sandbox.two_checkout)]


def writes(gateway: Gateway) -> list[tuple[str, str]]:
    """Method and path of the writes since the last look."""
    sandbox = gateway.sandbox
    calls = [*sandbox.dodo.calls, *sandbox.axim.calls, *sandbox.two_checkout.calls]
    gateway.clear()
    return [(method, path) for method, path, _ in calls if method != "GET"]


def fits(plan: Sequence[dict[str, str]], made: Sequence[tuple[str, str]]) -> bool:
    """Whether these are the writes of the plan; `{new}` stands for an id not known before."""
    patterns = [
        re.escape(f"{call['method']} {call['path']}").replace(re.escape("{new}"), "[^/]+")
        for call in plan
    ]
    lines = [f"{method} {path}" for method, path in made]
    return len(lines) == len(patterns) and all(map(re.fullmatch, patterns, lines))
