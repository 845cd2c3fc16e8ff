"""Three `groupgate serve` processes before one simulated vendor, as one deployment."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any, Final

import httpx
import pytest

from groupgate.http11.transport import Http11Transport
from groupgate.sandbox.app import Sandbox
from groupgate.sandbox.simulator import Receive, Scope, Send
from tests.app.live import served
from tests.cli.test_commands import VENDOR_VARIABLES
from tests.listening import free_port

RANDOM: Final = SystemRandom()

START_SECONDS: Final = 60

FULL_LENGTH: Final = os.environ.get("TEST_LENGTH") == "full"
"""True for all rounds and the whole minute; by default the tests take less of both."""


@dataclass(slots=True)
class SlowVendor:
    """Passes calls to the sandbox, up to `latency` seconds late; the response is as late again.

    While `is_failing`, reads get status 503 and are not retried.
    """

    sandbox: Sandbox
    latency: float = 0.0
    is_failing: bool = False
    reads: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.reads += scope["method"] == "GET"
            if self.is_failing and scope["method"] == "GET":
                await send(
                    {
                        "type": "http.response.start",
                        "status": 503,
                        "headers": [(b"retry-after", b"30"), (b"content-length", b"0")],
                    }
                )
                await send({"type": "http.response.body"})
                return
            await asyncio.sleep(RANDOM.uniform(0, self.latency))

        async def send_later(message: Any) -> None:
            if message["type"] == "http.response.start":
                await asyncio.sleep(RANDOM.uniform(0, self.latency))
            await send(message)

        await self.sandbox(scope, receive, send_later)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """One gateway process and a client of it."""

    process: asyncio.subprocess.Process
    http: httpx.AsyncClient

    async def execute(
        self, query: str, *, key: str | None = None, **variables: Any
    ) -> httpx.Response:
        """Send one operation."""
        headers = {} if key is None else {"Idempotency-Key": key}
        body = {"query": query, "variables": variables}
        return await self.http.post("/graphql", json=body, headers=headers)

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send one operation; assert that it has no errors and return its data."""
        body = (await self.execute(query, **variables)).json()
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The processes, and the vendor behind them."""

    replicas: list[Replica]
    vendor: SlowVendor


@asynccontextmanager
async def deployed(
    cwd: Path, redis_url: str | None, number: int = 3, sandbox: Sandbox | None = None, **given: str
) -> AsyncIterator[Deployment]:
    """Start the processes with these settings, and kill them at the end."""
    vendor = SlowVendor(sandbox or Sandbox(unlimited=True))
    async with served(vendor) as port:
        vendors = vendor.sandbox.environment(f"http://127.0.0.1:{port}")
        if redis_url is not None:
            given["redis_url"] = redis_url
        async with started(cwd, number, vendors, **given) as replicas:
            yield Deployment(replicas=replicas, vendor=vendor)


@asynccontextmanager
async def started(
    cwd: Path, number: int, vendors: dict[str, str], **given: str
) -> AsyncIterator[list[Replica]]:
    """Start processes with these variables of vendors and these settings."""
    environment = _environment(vendors, given)
    async with AsyncExitStack() as stack:
        replicas = [
            await stack.enter_async_context(_started(cwd, environment)) for _ in range(number)
        ]
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*map(_wait_until_ready, replicas))
        yield replicas


@asynccontextmanager
async def _started(cwd: Path, environment: dict[str, str]) -> AsyncIterator[Replica]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "groupgate", "serve", "--port", str(port)),
        cwd=cwd,
        env=environment,
        stderr=asyncio.subprocess.DEVNULL,
    )
    # The pool of httpx searches all of its connections for each request: with 1,000 requests at
    # once the test would be busy for so long that the gateway closes connections that send nothing.
    transport = Http11Transport()
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, transport=transport
        ) as http:
            yield Replica(process=process, http=http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _wait_until_ready(replica: Replica) -> None:
    while replica.process.returncode is None:
        try:
            if (await replica.http.get("/readyz")).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.05)
    pytest.fail(f"The gateway has ended with status {replica.process.returncode}.")


def _environment(vendors: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    return kept | vendors | {f"GROUPGATE_{name.upper()}": value for name, value in given.items()}


def _is_ours(name: str) -> bool:
    return name.startswith(VENDOR_VARIABLES)
