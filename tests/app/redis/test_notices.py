"""The tasks of the notices end when they are cancelled, whatever the client of Redis raises."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as NoConnectionError

from groupgate.app.redis.connection import RedisConnection
from groupgate.app.redis.notices import RedisWriteNotices

pytestmark = pytest.mark.anyio


async def test_a_cancellation_that_the_client_hides_ends_the_tasks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A connection that fails while the task is cancelled; Redis itself is not needed."""
    connection = RedisConnection("redis://127.0.0.1:1/0")
    hidden = 0

    async def hang_and_fail(*_given: object, **_named: object) -> None:
        nonlocal hidden
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            hidden += 1
            raise NoConnectionError from None

    async def check_entries(_channel: str, _processes: int) -> None:
        pass

    monkeypatch.setattr(connection.client, "publish", hang_and_fail)
    monkeypatch.setattr("redis.asyncio.client.PubSub.subscribe", hang_and_fail)
    notices = RedisWriteNotices(connection, longest=1, check_entries=check_entries)
    monkeypatch.setattr("groupgate.app.redis.notices.FIRST_LEASE", 0.01)
    await notices.start()
    tasks = list(notices._running)
    for task in tasks:
        task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait(tasks)
    assert hidden == 2
