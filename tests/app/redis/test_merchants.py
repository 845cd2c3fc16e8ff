"""Two merchants with equal ids at one simulator, three processes and one Redis.

What the processes share - responses, reads, permits, results of mutations, notices of writes - is
that of one account each.
"""

from pathlib import Path
from random import SystemRandom
from typing import Any, Final

import httpx
import pytest

from tests.app.live import served
from tests.app.redis.deployment import FULL_LENGTH, Replica, started
from tests.app.redis.server import RedisServer
from tests.e2e.merchants import MERCHANTS, Merchant, Vendors, tokens, write_accounts
from tests.e2e.test_accounts_property import SETTINGS, check_isolation

pytestmark = pytest.mark.anyio

REQUESTS: Final = 10_000 if FULL_LENGTH else 200
"""Requests to the three processes."""

RANDOM: Final = SystemRandom()


class AnyReplica(httpx.AsyncClient):
    """A client that sends each request to one of the processes."""

    def __init__(self, replicas: list[Replica]) -> None:
        super().__init__()
        self._replicas = replicas

    async def post(self, *given: Any, **named: Any) -> httpx.Response:
        """Send a request to any process."""
        return await RANDOM.choice(self._replicas).http.post(*given, **named)


async def test_nothing_of_one_merchant_is_seen_by_the_other(
    server: RedisServer, tmp_path: Path
) -> None:
    """Whichever process reads, writes, or answers what another one has read."""
    together = [Merchant(name) for name in MERCHANTS]
    given = {name: str(value) for name, value in SETTINGS.items()}
    async with served(Vendors(together)) as port:
        accounts = write_accounts(tmp_path, together, f"http://127.0.0.1:{port}")
        given |= {"accounts": str(accounts), "tokens": tokens(), "redis_url": server.url}
        async with (
            started(tmp_path, 3, {}, **given) as replicas,
            AnyReplica(replicas) as shared,
        ):
            await check_isolation(tmp_path, together, shared, REQUESTS)
