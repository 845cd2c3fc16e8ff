"""Three processes stay within Dodo's limits together, and call as often as one."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Receive, Scope, Send
from tests.app.redis.deployment import FULL_LENGTH, Deployment, deployed
from tests.app.redis.server import RedisServer

pytestmark = pytest.mark.anyio

SECONDS: Final = 65

PER_MINUTE: Final = 240

READ: Final = "{ provider(key: DODO) { products(first: 1) { totalCount } } }"


@dataclass
class CountedSandbox(Sandbox):
    """A sandbox without limits that records when Dodo was called; it must not limit by itself."""

    calls: deque[float] = field(default_factory=deque)

    def __post_init__(self) -> None:
        super().__init__(unlimited=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.calls.append(asyncio.get_running_loop().time())
        await super().__call__(scope, receive, send)

    def most_in(self, seconds: float) -> int:
        """Return the most calls in any window of this length."""
        moments, start, most = [*self.calls], 0, 0
        for end, moment in enumerate(moments):
            while moments[start] <= moment - seconds:
                start += 1
            most = max(most, end - start + 1)
        return most


async def wait_for_calls(sandboxes: Sequence[CountedSandbox]) -> None:
    """Wait longer than a minute; or until nearly all calls of a minute are made, and 5 seconds."""
    if FULL_LENGTH:
        await asyncio.sleep(SECONDS)
        return
    for _ in range(500):
        if min(len(sandbox.calls) for sandbox in sandboxes) > 0.95 * PER_MINUTE:
            break
        await asyncio.sleep(0.1)
    await asyncio.sleep(5)


async def answered(deployment: Deployment, waiting: asyncio.Future[None]) -> int:
    """Send reads that no cache answers from 40 clients; return how many were answered."""
    number = len(deployment.replicas)

    async def client(own: int) -> int:
        done = 0
        while not waiting.done():
            body: dict[str, Any] = (await deployment.replicas[own % number].execute(READ)).json()
            done += "errors" not in body
            await asyncio.sleep(0 if "errors" not in body else 0.2)
        return done

    return sum(await asyncio.gather(*map(client, range(40))))


async def test_three_processes_stay_within_the_limits_of_one(
    server: RedisServer, tmp_path: Path
) -> None:
    """No call over 240 a minute and 40 a second, and at least 95 % of what one process reads."""
    alone, together = CountedSandbox(), CountedSandbox()
    given = {"cache_ttl": "0", "cache_stale_if_error": "0", "log_level": "error"}
    async with (
        deployed(tmp_path, None, 1, alone, **given) as one,
        deployed(tmp_path, server.url, 3, together, redis_timeout="10", **given) as three,
    ):
        waiting = asyncio.ensure_future(wait_for_calls([alone, together]))
        counts = await asyncio.gather(answered(one, waiting), answered(three, waiting))
    for sandbox in (alone, together):
        assert sandbox.most_in(60) <= PER_MINUTE
        assert sandbox.most_in(1) <= 40
    assert counts[1] >= 0.95 * counts[0] > 200
