"""Python complains of coroutines that were never awaited, except where a client has gone."""

import asyncio
import gc
import warnings

import pytest

from groupgate.cli.server import forgive_unawaited
from tests.app.leaving import Leaver, SlowVendors, app_over

pytestmark = pytest.mark.anyio

WALK = """{ providers { productCollections { nodes { groups(first: 3) { nodes {
  products(first: 3) { nodes { name } }
} } } } } }"""
TURNS = 60
"""Of the event loop, in which the whole query is answered."""


async def test_nobody_is_told_of_what_was_not_awaited_because_its_client_went() -> None:
    """In whichever turn of the event loop it goes."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        forgive_unawaited()
        async with app_over(SlowVendors("none")) as app:
            for turns in range(TURNS):
                client = Leaver(app)
                answering = client.ask(WALK)
                for _ in range(turns):
                    await asyncio.sleep(0)
                client.go()
                await answering
        gc.collect()
    assert [str(one.message) for one in told] == []


async def test_everything_else_that_is_not_awaited_is_told() -> None:
    """It is a mistake."""

    async def forgotten() -> None:
        pass

    forgive_unawaited()
    coroutine = forgotten()
    with pytest.warns(RuntimeWarning, match="forgotten' was never awaited"):
        del coroutine
