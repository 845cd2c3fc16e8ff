"""Writes that fail: what is known of them afterwards, and which are sent once more."""

import pytest

from groupgate.domain.errors import (
    Denied,
    Malformed,
    Unavailable,
    Unreachable,
    UpstreamError,
    WriteOutcome,
)
from groupgate.domain.refs import ProductRef
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.two_checkout.changing import GONE, LEGACY, OFFICE, carry, held, moved
from tests.providers.two_checkout.faults import (
    BROKEN,
    DENIED,
    EMPTY_ANSWER,
    FALSE_ANSWER,
    LOST_ANSWER,
    LOST_CALL,
    REFUSED_CONNECTION,
    THROTTLED,
    FailWith,
    Fault,
)
from tests.providers.two_checkout.reading import product_ref

pytestmark = pytest.mark.anyio

READER = product_ref("FREE-READER")
SWEEP = product_ref("SWC-PER-1Y")
NOWHERE = product_ref("no such/product")

READER_IN_LEGACY = "/products/FREE-READER/productgroups/F00DBABE42/"


@pytest.mark.parametrize(
    ("faults", "expected", "is_held"),
    [
        ([REFUSED_CONNECTION] * 3, (Unreachable, WriteOutcome.NOT_APPLIED), False),
        ([DENIED], (Denied, WriteOutcome.NOT_APPLIED), False),
        ([LOST_CALL], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([LOST_ANSWER], (Unavailable, WriteOutcome.UNKNOWN), True),
        ([BROKEN], (Unavailable, WriteOutcome.UNKNOWN), False),
        ([FALSE_ANSWER], (Malformed, WriteOutcome.UNKNOWN), True),
        ([EMPTY_ANSWER], (Malformed, WriteOutcome.UNKNOWN), True),
    ],
)
async def test_a_failed_write_tells_what_is_known_of_it(
    fail_with: FailWith,
    simulator: TwoCheckoutSimulator,
    faults: list[Fault],
    expected: tuple[type[UpstreamError], WriteOutcome],
    *,
    is_held: bool,
) -> None:
    provider = fail_with({f"POST {READER_IN_LEGACY}": faults})
    with pytest.raises(UpstreamError) as raised:
        await carry(await provider.planner.assign(LEGACY, [READER]))
    assert (type(raised.value), raised.value.outcome) == expected
    assert held(simulator)["Legacy"] == (["FREE-READER"] if is_held else [])


@pytest.mark.usefixtures("retried")
@pytest.mark.parametrize("fault", [REFUSED_CONNECTION, THROTTLED])
async def test_a_write_that_was_not_sent_is_sent_again(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, fault: Fault
) -> None:
    provider = fail_with({f"POST {READER_IN_LEGACY}": [fault, fault]})
    await carry(await provider.planner.assign(LEGACY, [READER]))
    assert held(simulator)["Legacy"] == ["FREE-READER"]


@pytest.mark.parametrize(
    ("product", "path"),
    [(NOWHERE, "/products/no%20such%2Fproduct/"), (SWEEP, "/products/SWC-PER-1Y/")],
)
async def test_a_refused_write_stays_refused_when_nobody_can_say_why(
    fail_with: FailWith, simulator: TwoCheckoutSimulator, product: ProductRef, path: str
) -> None:
    provider = fail_with({f"GET {path}": [BROKEN, BROKEN]})
    for plan in (
        await provider.planner.unassign(OFFICE, [product]),
        await provider.planner.assign(GONE, [product]),
    ):
        with pytest.raises(Unavailable) as raised:
            await carry(plan)
        assert raised.value.outcome is WriteOutcome.NOT_APPLIED
    assert moved(simulator) == {}
