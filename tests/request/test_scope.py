"""What a request leaves behind when it ends."""

import asyncio

import pytest

from groupgate.request import request_scope

pytestmark = pytest.mark.anyio


async def test_what_is_running_ends_with_the_request() -> None:
    with request_scope() as scope:
        task = scope.start(asyncio.sleep(60))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_begun_for_a_request_that_has_ended() -> None:
    """Not even by what is still running of it."""
    began = []

    async def work() -> None:
        began.append(1)

    with request_scope() as scope:
        pass
    with pytest.raises(asyncio.CancelledError):
        await scope.start(work())
    assert began == []
