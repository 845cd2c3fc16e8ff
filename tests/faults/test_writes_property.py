"""Random changes down a road of random faults: nothing is done twice, nor told as done if not."""

import asyncio
import logging
import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

import pytest
import structlog

from groupgate.domain.refs import ProviderKey
from tests.faults.addresses import refusing
from tests.faults.serving import Served
from tests.faults.writes.journey import journey
from tests.faults.writes.judging import Verdict
from tests.faults.writes.skipping import SkippingLoop
from tests.faults.writes.tally import Tally
from tests.faults.writes.troubles import NAMES
from tests.faults.writes.vendors import RULES

JOURNEYS: Final = int(os.environ.get("FAULT_JOURNEYS", "12"))
"""How many at each vendor; a longer run meets faults in more of the places where they matter."""
FIRST: Final = int(os.environ.get("FAULT_FIRST_JOURNEY", "0"))
STEPS: Final = 16

_log = logging.getLogger(__name__)

VERDICTS: Final = {
    ProviderKey.DODO: set(Verdict),
    ProviderKey.AXIM: set(Verdict),
    ProviderKey.TWO_CHECKOUT: set(Verdict) - {Verdict.TAKEN_BACK},
}
"""At 2Checkout nothing has to be taken back: a product comes and leaves in one write."""


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port on which connections are refused."""
    with refusing() as address:
        yield urlsplit(address).port or 0


async def travel(served: Served, nowhere: int, key: ProviderKey) -> Tally:
    """Go on all journeys to one vendor."""
    tally = Tally()
    for seed in range(FIRST, FIRST + JOURNEYS):
        async with journey(served, nowhere, key, seed, tally) as way:
            for number in range(STEPS):
                await way.step(number)
    return tally


@pytest.mark.parametrize("key", ProviderKey, ids=lambda key: key.value)
def test_what_is_told_is_so(vendors: Served, nowhere: int, key: ProviderKey) -> None:
    """Every fault has met a write, and all that can be told was told."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)  # every failure would be written to the log
    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        tally = runner.run(travel(vendors, nowhere, key))
    _log.info(tally.told())
    assert [name for name in NAMES if not tally.met[name]] == []
    assert {verdict for verdict in tally.verdicts if tally.verdicts[verdict]} == VERDICTS[key]
    assert [mutation for mutation in RULES[key] if not tally.done[mutation]] == []
    assert tally.again[Verdict.NOT_APPLIED, Verdict.DONE]
    assert tally.replayed[Verdict.UNKNOWN_HELD]
    assert tally.replayed[Verdict.UNKNOWN_NOT_HELD]
    assert tally.replayed[Verdict.INCOMPLETE]
