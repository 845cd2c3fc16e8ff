"""A client that can close its connection at any time, and a wait for a condition."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self


class DisconnectingClient:
    """One request on a connection of its own, which the client may close before the response."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def send(
        cls, port: int, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> Self:
        """Send an operation to the gateway on this port of the local machine."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        named = {
            "Host": "localhost",
            "Content_Type": "application/json",
            "Content_Length": str(len(body)),
            "Connection": "close",
            **headers,
        }
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items()]
        head = "\r\n".join(["POST /graphql HTTP/1.1", *lines, "", ""])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        await writer.drain()
        return cls(reader, writer)

    async def response(self) -> tuple[str, Any]:
        """Wait for the whole response; return its head in lower case and its decoded body."""
        head, _, body = (await self._reader.read()).partition(b"\r\n\r\n")
        self._writer.close()
        return head.decode().lower(), json.loads(body)

    def disconnect(self) -> None:
        """Close the connection."""
        self._writer.close()


async def wait_until(holds: Callable[[], object]) -> None:
    """Poll until the condition holds; raise AssertionError if it does not within 30 seconds."""
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("The condition did not hold within 30 seconds.")
