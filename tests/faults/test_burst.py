"""Many readers at once, at a vendor that counts calls."""

import asyncio

import pytest

from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.sandbox.app import Sandbox
from groupgate.schema.ids import encode_id
from tests.faults.between import Between, between
from tests.faults.faults import answered, first
from tests.faults.serving import Served, served_aside

pytestmark = pytest.mark.anyio

READERS = 100
ONE = "query($id: ID!) { product(id: $id) { id name } }"


def ids(sandbox: Sandbox) -> list[str]:
    """A product for each reader."""
    products = list(sandbox.dodo.snapshot()["products"])[:READERS]
    assert len(products) == READERS
    return [encode_id(ProductRef(provider=ProviderKey.DODO, native_id=each)) for each in products]


async def read_all(way: Between) -> list[str]:
    """Let all readers ask at once; return what they were given, errors included."""
    wanted = ids(way.sandbox)
    answers = await asyncio.gather(*(way.ask_in_a_crowd(ONE, id=each) for each in wanted))
    assert [each for each in answers if "errors" in each] == []
    given = [each["data"]["product"]["id"] for each in answers]
    assert given == wanted
    return given


async def test_readers_queue_for_a_vendor_that_counts() -> None:
    """With Dodo's limits of 40 a second, each is answered, and no call is over the limit."""
    with served_aside(Sandbox()) as vendors:
        async with between(vendors, "DODO", deadline=10) as way:
            await read_all(way)
        assert vendors.sandbox.dodo.throttled == 0
        assert len(vendors.sandbox.dodo.calls) == READERS


async def test_readers_have_known_answers_while_the_vendor_refuses_all(vendors: Served) -> None:
    """A burst of 429 reaches none of them."""
    async with between(vendors, "DODO", deadline=5, cache_ttl=1e-9) as way:
        before = await read_all(way)
        way.proxy.fault = answered(429, Retry_After="30")
        assert await read_all(way) == before


async def test_readers_who_are_told_to_wait_are_answered_later(vendors: Served) -> None:
    """Twenty calls are refused for a second, and made again."""
    burst = first(20, answered(429, Retry_After="1"))
    async with between(vendors, "DODO", burst, deadline=10) as way:
        await read_all(way)
