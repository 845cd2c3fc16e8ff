"""A client that may close its connection at any time."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Self


class Visitor:
    """One request on a connection of its own, and the answer unless the client goes before."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def asking(
        cls, port: int, query: str, variables: Mapping[str, Any] | None = None, **headers: str
    ) -> Self:
        """Send an operation to the gateway on this port of this machine."""
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

    async def answer(self) -> tuple[str, Any]:
        """Wait for the whole answer; return its head and what its body says."""
        head, _, body = (await self._reader.read()).partition(b"\r\n\r\n")
        self._writer.close()
        return head.decode().lower(), json.loads(body)

    def go(self) -> None:
        """Close the connection."""
        self._writer.close()
