"""`groupgate serve` as a process, connected to a vendor that holds calls back."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cli.test_commands import VENDOR_VARIABLES
from tests.faults.disconnecting_client import DisconnectingClient, wait_until
from tests.faults.held_calls import HeldCalls
from tests.faults.proxy import proxied
from tests.faults.serving import ServedSandbox
from tests.listening import free_port

MAX_SECONDS: Final = 120
"""Seconds after which a test fails instead of waiting for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway process connected to Dodo Payments, which holds calls of one method back."""

    process: asyncio.subprocess.Process
    port: int
    fault: HeldCalls

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> DisconnectingClient:
        """Send an operation, and wait until the vendor holds one of its calls."""
        client = await DisconnectingClient.send(self.port, query, variables, **headers)
        async with asyncio.timeout(MAX_SECONDS):
            await self.fault.arrived.wait()
        return client

    async def signal(self, number: signal.Signals) -> None:
        """Send a signal, and wait until the process accepts no more connections."""
        self.process.send_signal(number)
        await wait_until(lambda: not self.accepts())

    async def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Wait for the end of the process; return its exit status and its log from the stop on."""
        async with asyncio.timeout(MAX_SECONDS):
            _, errors = await self.process.communicate()
        assert self.process.returncode is not None
        lines = [json.loads(line) for line in errors.splitlines()]
        start = [line["event"] for line in lines].index("server_stopping")
        return self.process.returncode, lines[start:]

    def accepts(self) -> bool:
        """Return True if the process accepts connections."""
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0


@asynccontextmanager
async def gateway(
    served: ServedSandbox, cwd: Path, method: bytes, deadline: float = 60
) -> AsyncIterator[Gateway]:
    """Start the process, and kill it at the end if it is still running."""
    fault, port = HeldCalls(method), free_port()
    async with proxied(served.port, fault) as (_, vendor):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "groupgate", "serve", "--port", str(port)),
            cwd=cwd,
            env=_environment(served.sandbox.environment(f"http://127.0.0.1:{vendor}"), deadline),
            stderr=asyncio.subprocess.PIPE,
        )
        one = Gateway(process=process, port=port, fault=fault)
        try:
            await wait_until(one.accepts)
            yield one
        finally:
            fault.release()
            if process.returncode is None:
                process.kill()
                await process.communicate()


def _environment(vendors: Mapping[str, str], deadline: float) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _is_ours(name)}
    dodo = {name: value for name, value in vendors.items() if name.startswith("DODO_")}
    own = {"GROUPGATE_DEADLINE": str(deadline), "GROUPGATE_LOG_FORMAT": "json"}
    return kept | dodo | own


def _is_ours(name: str) -> bool:
    return name.startswith(VENDOR_VARIABLES)
