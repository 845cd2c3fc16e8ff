"""The clients of `soak`: their tokens, the mix of their requests and the outcomes."""
# ruff: noqa: S311 # no random number is a secret

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from benchmarks import soak_requests
from benchmarks.client import Client, Response, request_of
from benchmarks.soak_requests import SoakRequest
from benchmarks.soak_vendors import weighted_choice
from groupgate.app.auth.tokens import line_of, make_secret

RESPONSE_TIMEOUT: Final = 20.0
"""Seconds; a request without a response by then counts as an error of the gateway."""
ADDRESSES: Final = 10_000
"""Local addresses of callers without a token: as many as the rate limit keeps buckets for."""

_SECRETS: Final = {name: make_secret() for name in ("shop", "office", "crawler", "reader")}
_SCOPES: Final = {"reader": ["read"], "office": ["write:AXIM", "read"]}
_CALLERS: Final[Mapping[str, int]] = {
    "crawler": 6,
    "shop": 4,
    "office": 2,
    "reader": 2,
    "anonymous": 3,
    "invalid token": 1,
}
"""Callers and the weights of their requests."""

_MIX: Final[Mapping[Callable[[], SoakRequest], int]] = {
    soak_requests.read: 30,
    soak_requests.unique_read: 15,
    soak_requests.persisted: 10,
    soak_requests.mutation: 10,
    soak_requests.mutation_with_key: 10,
    soak_requests.invalid: 6,
    soak_requests.invalid_body: 3,
    soak_requests.too_large: 2,
    soak_requests.large: 1,
    lambda: soak_requests.disconnecting(soak_requests.read()): 5,
    lambda: soak_requests.disconnecting(soak_requests.unique_read()): 2,
    lambda: soak_requests.disconnecting(soak_requests.mutation()): 3,
    lambda: soak_requests.disconnecting(soak_requests.mutation_with_key()): 3,
    lambda: soak_requests.disconnecting(soak_requests.too_large()): 1,
}
"""Requests and their weights."""

Outcome = tuple[str, str]
"""The kind of the request, and its status and error code."""


def token_lines() -> str:
    """Return the tokens in the format of GROUPGATE_TOKENS."""
    lines = (
        line_of(name, secret, _SCOPES.get(name, ["write"])) for name, secret in _SECRETS.items()
    )
    return ";".join(lines)


@dataclass(slots=True, kw_only=True)
class SoakClients:
    """Clients of the gateway on a port; `outcomes` counts the outcomes of their requests."""

    client: Client
    outcomes: Counter[Outcome] = field(default_factory=Counter)

    async def run(self, rate: float, seconds: float) -> None:
        """Send this many requests per second, independent of their responses."""
        loop = asyncio.get_running_loop()
        time, end = loop.time(), loop.time() + seconds
        async with asyncio.TaskGroup() as running:
            while (time := time + random.expovariate(rate)) < end:
                await asyncio.sleep(time - loop.time())
                running.create_task(self.send(weighted_choice(_MIX)(), weighted_choice(_CALLERS)))

    async def send(self, request: SoakRequest, caller: str) -> None:
        """Send one request and count its outcome."""
        request.headers |= _authorization(caller)
        try:
            async with asyncio.timeout(RESPONSE_TIMEOUT):
                outcome = await self._send(request, caller)
        except (OSError, EOFError, TimeoutError) as error:
            outcome = f"UNEXPECTED {type(error).__name__}"
        self.outcomes[request.kind, outcome] += 1

    async def _send(self, request: SoakRequest, caller: str) -> str:
        if request.disconnects_after is not None:
            await self._disconnect(request, request.disconnects_after)
            return "disconnected"
        if caller == "anonymous":
            address = address_of(random.randrange(ADDRESSES))
            return _outcome(await self.client.post_from(address, request.body, request.headers))
        return _outcome(await self.client.post(request.body, request.headers))

    async def _disconnect(self, request: SoakRequest, seconds: float) -> None:
        _, writer = await self.client.connect()
        sent = request_of(request.body, request.headers)
        writer.write(sent[: round(len(sent) * request.sent_share)])
        await asyncio.sleep(seconds)
        if random.random() < 0.5:  # noqa: PLR2004 # one half
            writer.transport.abort()
        writer.close()


def address_of(number: int) -> str:
    """Return a local address."""
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _authorization(caller: str) -> dict[str, str]:
    if caller == "anonymous":
        return {}
    return {"Authorization": f"Bearer {_SECRETS.get(caller, make_secret())}"}


def _outcome(response: Response) -> str:
    """Return the status and the code of the first error, if there is one."""
    try:
        errors = json.loads(response.body).get("errors")
    except ValueError:
        return f"UNEXPECTED {response.status} without JSON"
    code = errors[0].get("extensions", {}).get("code", "no code") if errors else ""
    is_unexpected = response.status >= 500 or code in {"INTERNAL_SERVER_ERROR", "no code"}  # noqa: PLR2004
    return f"{'UNEXPECTED ' * is_unexpected}{response.status} {code}".strip()
