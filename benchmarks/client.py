"""A client of one HTTP server that takes little of the machine it shares with it."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

_END = b"\r\n\r\n"
_NONE: Mapping[str, str] = {}
_LONGEST_IDLE = 3.0
"""Seconds; the gateway keeps connections for five."""

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Sends requests to a port of this machine; connections are kept for the next ones."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, _Connection]] = []

    async def get(self, path: str) -> Answer:
        """Ask for what is at a path."""
        return await self._answer_to(f"GET {path} HTTP/1.1\r\nHost: localhost".encode() + _END)

    async def post(self, body: bytes, headers: Mapping[str, str] = _NONE) -> Answer:
        """Send a body to /graphql, and wait for the answer."""
        return await self._answer_to(request_of(body, headers))

    async def post_from(
        self, address: str, body: bytes, headers: Mapping[str, str] = _NONE
    ) -> Answer:
        """The same from another address of this machine, on a connection that is not kept."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(address, 0)
        )
        try:
            writer.write(request_of(body, headers))
            return await read_answer(reader)
        finally:
            writer.close()

    async def connect(self) -> _Connection:
        """Open a connection that is not kept."""
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _answer_to(self, sent: bytes) -> Answer:
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < _LONGEST_IDLE and not reader.at_eof():
                return await self._exchange(reader, writer, sent)
            writer.close()
        return await self._exchange(*await self.connect(), sent)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes
    ) -> Answer:
        try:
            writer.write(sent)
            await writer.drain()
            answer = await read_answer(reader)
        except BaseException:
            writer.close()
            raise
        if answer.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle.append((time.monotonic(), (reader, writer)))
        return answer


def request_of(body: bytes, headers: Mapping[str, str] = _NONE) -> bytes:
    """The bytes of a POST to /graphql."""
    own = {"Host": "localhost", "Content-Type": "application/json", "Accept": "application/json"}
    lines = [f"{name}: {value}" for name, value in {**own, **headers}.items()]
    head = ["POST /graphql HTTP/1.1", *lines, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + _END + body


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """Read one answer, whose length is told."""
    first, *lines = (await reader.readuntil(_END)).decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(status=int(first.split()[1]), headers=headers, body=body)
