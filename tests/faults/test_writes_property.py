"""Random mutations with random faults: no write is repeated, no outcome is misreported."""

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
import structlog

from groupgate.domain.refs import ProviderKey
from tests.e2e.model.rules import RULES
from tests.faults.addresses import refusing_address
from tests.faults.serving import ServedSandbox
from tests.faults.writes.fault_injector import NAMES
from tests.faults.writes.scenario import fault_scenario
from tests.faults.writes.time_skipping import TimeSkippingLoop
from tests.faults.writes.verdicts import Counts, Verdict

SCENARIOS: Final = int(os.environ.get("FAULT_SCENARIOS", "12"))
"""Scenarios at each vendor; a longer run meets faults in more places."""
FIRST: Final = int(os.environ.get("FAULT_FIRST_SCENARIO", "0"))
STEPS: Final = 16

_log = logging.getLogger(__name__)

VERDICTS: Final = {
    ProviderKey.DODO: set(Verdict),
    ProviderKey.AXIM: set(Verdict),
    ProviderKey.TWO_CHECKOUT: set(Verdict) - {Verdict.ROLLED_BACK},
}
"""At 2Checkout nothing has to be rolled back: a product changes its group in one write."""


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """Return a port that refuses connections."""
    with refusing_address() as address:
        yield urlsplit(address).port or 0


async def run_scenarios(served: ServedSandbox, refusing_port: int, key: ProviderKey) -> Counts:
    """Run all scenarios of one vendor."""
    counts = Counts()
    for seed in range(FIRST, FIRST + SCENARIOS):
        async with fault_scenario(served, refusing_port, key, seed, counts) as scenario:
            for number in range(STEPS):
                await scenario.step(number)
    return counts


@pytest.mark.parametrize("key", ProviderKey, ids=lambda key: key.value)
def test_every_reported_outcome_is_true(
    vendors: ServedSandbox, refusing_port: int, key: ProviderKey
) -> None:
    """Every fault meets a write, and every verdict and mutation occurs."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)  # otherwise every failure is logged
    with asyncio.Runner(loop_factory=TimeSkippingLoop) as runner:
        counts = runner.run(run_scenarios(vendors, refusing_port, key))
    _log.info(counts.report())
    assert [name for name in NAMES if not counts.writes[name]] == []
    assert {verdict for verdict in counts.verdicts if counts.verdicts[verdict]} == VERDICTS[key]
    assert [mutation for mutation in RULES[key] if not counts.done[mutation]] == []
    assert counts.repeated[Verdict.NOT_APPLIED, Verdict.DONE]
    assert counts.replayed[Verdict.UNKNOWN_HELD]
    assert counts.replayed[Verdict.UNKNOWN_NOT_HELD]
    assert counts.replayed[Verdict.INCOMPLETE]
