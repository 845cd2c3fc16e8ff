"""The clients of `soak`: who they are, what they send how often, and what they get."""
# ruff: noqa: S311 # chance need not be secret here

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks import visits
from benchmarks.client import Answer, Client, request_of
from benchmarks.drawing import drawn
from benchmarks.visits import RequestAccess
from groupgate.app.auth.tokens import line_of, make_secret

MAX_WAIT_IF_CACHED: Final = 20.0
"""Seconds; who is not answered by then has met a fault of the gateway."""
ADDRESSES: Final = 10_000
"""From which callers without a token call; the rate limit remembers as many."""

_SECRETS: Final = {name: make_secret() for name in ("shop", "office", "crawler", "reader")}
_SCOPES: Final = {"reader": ["read"], "office": ["write:AXIM", "read"]}
_CALLERS: Final[Mapping[str, int]] = {
    "crawler": 6,
    "shop": 4,
    "office": 2,
    "reader": 2,
    "nobody": 3,
    "impostor": 1,
}
"""Callers, and how many requests they send in comparison."""

_MIX: Final[Mapping[Callable[[], RequestAccess], int]] = {
    visits.read: 30,
    visits.read_once: 15,
    visits.persisted: 10,
    visits.change: 10,
    visits.change_once: 10,
    visits.invalid: 6,
    visits.no_request: 3,
    visits.too_large: 2,
    visits.large: 1,
    lambda: visits.leaving(visits.read()): 5,
    lambda: visits.leaving(visits.read_once()): 2,
    lambda: visits.leaving(visits.change()): 3,
    lambda: visits.leaving(visits.change_once()): 3,
    lambda: visits.leaving(visits.too_large()): 1,
}
"""What they send, and how often in comparison."""

WriteOutcome = tuple[str, str]
"""The kind of the request, and what became of it."""


def token_lines() -> str:
    """The tokens, as the gateway reads them."""
    lines = (
        line_of(name, secret, _SCOPES.get(name, ["write"])) for name, secret in _SECRETS.items()
    )
    return ";".join(lines)


@dataclass(slots=True, kw_only=True)
class Crowd:
    """Clients of the gateway on a port; `outcomes` counts what became of their requests."""

    client: Client
    outcomes: Counter[WriteOutcome] = field(default_factory=Counter)

    async def come(self, rate: float, seconds: float) -> None:
        """Send so many requests a second, whether or not those before have been answered."""
        loop = asyncio.get_running_loop()
        moment, end = loop.time(), loop.time() + seconds
        async with asyncio.TaskGroup() as running:
            while (moment := moment + random.expovariate(rate)) < end:
                await asyncio.sleep(moment - loop.time())
                running.create_task(self.send(drawn(_MIX)(), drawn(_CALLERS)))

    async def send(self, visit: RequestAccess, caller: str) -> None:
        """Send one request, and count what becomes of it."""
        visit.headers |= _authorization(caller)
        try:
            async with asyncio.timeout(MAX_WAIT_IF_CACHED):
                told = await self._sent(visit, caller)
        except (OSError, EOFError, TimeoutError) as error:
            told = f"UNEXPECTED {type(error).__name__}"
        self.outcomes[visit.kind, told] += 1

    async def _sent(self, visit: RequestAccess, caller: str) -> str:
        if visit.stays is not None:
            await self._leave(visit, visit.stays)
            return "left"
        if caller == "nobody":
            address = address_of(random.randrange(ADDRESSES))
            return _told(await self.client.post_from(address, visit.body, visit.headers))
        return _told(await self.client.post(visit.body, visit.headers))

    async def _leave(self, visit: RequestAccess, seconds: float) -> None:
        _, writer = await self.client.connect()
        sent = request_of(visit.body, visit.headers)
        writer.write(sent[: round(len(sent) * visit.sends)])
        await asyncio.sleep(seconds)
        if random.random() < 0.5:  # noqa: PLR2004 # one half
            writer.transport.abort()
        writer.close()


def address_of(number: int) -> str:
    """One of the addresses of this machine."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _authorization(caller: str) -> dict[str, str]:
    if caller == "nobody":
        return {}
    return {"Authorization": f"Bearer {_SECRETS.get(caller, make_secret())}"}


def _told(answer: Answer) -> str:
    """The status, and the code of the first error, if there is one."""
    try:
        errors = json.loads(answer.body).get("errors")
    except ValueError:
        return f"UNEXPECTED {answer.status} without JSON"
    code = errors[0].get("extensions", {}).get("code", "no code") if errors else ""
    is_unforeseen = answer.status >= 500 or code in {"INTERNAL_SERVER_ERROR", "no code"}  # noqa: PLR2004
    return f"{'UNEXPECTED ' * is_unforeseen}{answer.status} {code}".strip()
