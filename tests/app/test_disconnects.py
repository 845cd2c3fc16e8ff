"""Clients that go away before they are answered: what is cancelled, what is seen through."""

import asyncio
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.app.leaving import Leaver, SlowVendors, app_over
from tests.e2e.possible_changes import AT_DODO, AT_TWO_CHECKOUT

pytestmark = pytest.mark.anyio

READ = "{ provider(key: DODO) { products(first: 1) { nodes { name } } } }"
WALK = """{ provider(key: TWO_CHECKOUT) {
  productCollections { nodes { groups { nodes { products { nodes { name } } } } } }
} }"""
"""It takes several calls, one after the other."""

UPDATE = AT_DODO["update"]
SET = AT_TWO_CHECKOUT["set"]
"""After reads, a write for each of five products."""


@pytest.fixture
def lines() -> Iterator[list[EventDict]]:
    """What is logged."""
    with capture_logs() as lines:
        yield lines


def told_of(lines: list[EventDict]) -> list[EventDict]:
    """What is logged of clients that went."""
    own: list[EventDict] = [{**line} for line in lines if line["event"] == "client_gone"]
    for line in own:
        del line["event"]
    return own


async def rest(before: set[asyncio.Task[object]]) -> None:
    """Wait until nothing is running that was not before."""
    while others := asyncio.all_tasks() - before:
        await asyncio.wait(others)


async def test_the_reads_of_a_client_that_goes_are_cancelled(lines: list[EventDict]) -> None:
    """The call under way is, the next ones are not made, and nothing is sent or logged but one."""
    before = asyncio.all_tasks()
    vendors = SlowVendors("GET")
    async with app_over(vendors) as app:
        client = Leaver(app)
        answering = client.ask(WALK)
        await vendors.holds.wait()
        client.go()
        await answering
        await rest(before)
    assert len(vendors.calls) == 1
    assert vendors.given_up == vendors.calls
    assert client.heard == []
    assert told_of(lines) == [{"log_level": "info", "operation": "query", "upstream_calls": 1}]
    assert [line["event"] for line in lines if line["log_level"] != "debug"] == ["client_gone"]


async def test_a_query_by_get_ends_with_its_client_too() -> None:
    """There is no body to be read before."""
    before = asyncio.all_tasks()
    vendors = SlowVendors("GET")
    async with app_over(vendors) as app:
        client = Leaver(app)
        answering = client.get(b"query={provider(key:DODO){products{nodes{name}}}}")
        await vendors.holds.wait()
        client.go()
        await answering
        await rest(before)
    assert len(vendors.given_up) == 1


async def test_a_read_that_others_wait_for_goes_on(lines: list[EventDict]) -> None:
    """The one who began it leaves; the one who joined it is answered, from one call."""
    vendors = SlowVendors("GET")
    async with app_over(vendors) as app:
        first, second = Leaver(app), Leaver(app)
        leaving = first.ask(READ)
        await vendors.holds.wait()
        staying = second.ask(READ)
        for _ in range(20):
            await asyncio.sleep(0)
        first.go()
        await leaving
        vendors.detach_all.set()
        await staying
    assert second.answer() == {
        "data": {"provider": {"products": {"nodes": [{"name": "CRM Solo 2024"}]}}}
    }
    assert (len(vendors.calls), vendors.given_up) == (1, [])
    assert len(told_of(lines)) == 1


async def test_the_next_client_is_answered(lines: list[EventDict]) -> None:
    """Nothing of a read that was given up is in its way."""
    vendors = SlowVendors("GET")
    async with app_over(vendors) as app:
        first, second = Leaver(app), Leaver(app)
        leaving = first.ask(READ)
        await vendors.holds.wait()
        first.go()
        await leaving
        vendors.detach_all.set()
        await second.ask(READ)
    assert list(second.answer()) == ["data"]
    assert len(vendors.calls) == 2
    assert len(told_of(lines)) == 1


async def test_a_client_that_stays_is_answered_and_its_going_later_is_nothing(
    lines: list[EventDict],
) -> None:
    before = asyncio.all_tasks()
    vendors = SlowVendors("none")
    async with app_over(vendors) as app:
        client = Leaver(app)
        await client.ask(WALK)
        client.go()
        await rest(before)
    assert list(client.answer()) == ["data"]
    assert told_of(lines) == []


@pytest.mark.parametrize("slow", ["GET", "POST"])
async def test_a_change_goes_on_when_its_client_has_gone(lines: list[EventDict], slow: str) -> None:
    """Be it among its reads or its writes: all are made, and what nobody heard is logged."""
    vendors = SlowVendors(slow)
    async with app_over(vendors) as app:
        client = Leaver(app)
        answering = client.ask(SET.document, SET.arguments)
        await vendors.holds.wait()
        client.go()
        vendors.detach_all.set()
        await answering
    assert len([call for call in vendors.calls if not call.startswith("GET")]) == 5
    assert vendors.given_up == []
    (line,) = told_of(lines)
    assert (line["operation"], line["outcome"], line["log_level"]) == (
        "mutation",
        "DONE",
        "warning",
    )
    assert line["upstream_calls"] == len(vendors.calls)
    assert len(line["writes"]) == 5


async def test_what_nobody_heard_is_told_under_its_key() -> None:
    """The client comes back with the same key and gets the payload of the first request."""
    vendors = SlowVendors("PATCH")
    async with app_over(vendors) as app:
        first, again = Leaver(app), Leaver(app)
        leaving = first.ask(UPDATE.document, UPDATE.arguments, idempotency_key="one")
        await vendors.holds.wait()
        first.go()
        vendors.detach_all.set()
        await leaving
        made = len(vendors.calls)
        await again.ask(UPDATE.document, UPDATE.arguments, idempotency_key="one")
    assert again.answer() == {"data": {"payload": {"userErrors": []}}}
    assert again.headers()["idempotency-replayed"] == "true"
    assert len(vendors.calls) == made


@pytest.mark.parametrize(("status", "outcome"), [(500, "UNKNOWN"), (401, "NOT_APPLIED")])
async def test_the_line_says_what_is_known_of_a_change_that_failed(
    lines: list[EventDict], status: int, outcome: str
) -> None:
    vendors = SlowVendors("PATCH", failure=status)
    async with app_over(vendors) as app:
        client = Leaver(app)
        answering = client.ask(UPDATE.document, UPDATE.arguments)
        await vendors.holds.wait()
        client.go()
        vendors.detach_all.set()
        await answering
    (line,) = told_of(lines)
    assert line["outcome"] == outcome
    assert [write.split()[::2] for write in line["writes"]] == [["PATCH", str(status)]]


async def test_a_change_whose_client_stays_is_not_logged(lines: list[EventDict]) -> None:
    vendors = SlowVendors("none")
    async with app_over(vendors) as app:
        client = Leaver(app)
        await client.ask(UPDATE.document, UPDATE.arguments)
    assert list(client.answer()) == ["data"]
    assert told_of(lines) == []


async def test_a_server_that_cancels_is_no_client_that_goes(lines: list[EventDict]) -> None:
    """It gets its cancellation back."""
    vendors = SlowVendors("GET")
    async with app_over(vendors) as app:
        answering = Leaver(app).ask(READ)
        await vendors.holds.wait()
        answering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await answering
    assert told_of(lines) == []
