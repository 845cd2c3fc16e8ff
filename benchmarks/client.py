"""An HTTP client that uses little of the machine that it shares with the server."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

_END = b"\r\n\r\n"
_NONE: Mapping[str, str] = {}
_LONGEST_IDLE = 3.0
"""Seconds; shorter than the keep-alive of every server that is measured."""

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response; the names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Sends requests to a port of this machine over connections that are kept alive."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[float, _Connection]] = []

    async def get(self, path: str) -> Response:
        """Send a GET request."""
        return await self._send(f"GET {path} HTTP/1.1\r\nHost: localhost".encode() + _END)

    async def post(self, body: bytes, headers: Mapping[str, str] = _NONE) -> Response:
        """Send a body to /graphql and return the response."""
        return await self._send(request_of(body, headers))

    async def post_from(
        self, address: str, body: bytes, headers: Mapping[str, str] = _NONE
    ) -> Response:
        """Send a body from another local address, over a connection of its own."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, local_addr=(address, 0)
        )
        try:
            writer.write(request_of(body, headers))
            return await read_response(reader)
        finally:
            writer.close()

    async def connect(self) -> _Connection:
        """Open a connection that is not used by other requests."""
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _send(self, sent: bytes) -> Response:
        while self._idle:
            since, (reader, writer) = self._idle.pop()
            if time.monotonic() - since < _LONGEST_IDLE and not reader.at_eof():
                return await self._exchange(reader, writer, sent)
            writer.close()
        return await self._exchange(*await self.connect(), sent)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes
    ) -> Response:
        try:
            writer.write(sent)
            await writer.drain()
            response = await read_response(reader)
        except BaseException:
            writer.close()
            raise
        if response.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle.append((time.monotonic(), (reader, writer)))
        return response


def request_of(body: bytes, headers: Mapping[str, str] = _NONE) -> bytes:
    """Return the bytes of a POST to /graphql."""
    own = {"Host": "localhost", "Content-Type": "application/json", "Accept": "application/json"}
    lines = [f"{name}: {value}" for name, value in {**own, **headers}.items()]
    head = ["POST /graphql HTTP/1.1", *lines, f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + _END + body


async def read_response(reader: asyncio.StreamReader) -> Response:
    """Read one response, whose headers have its length."""
    first, *lines = (await reader.readuntil(_END)).decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Response(status=int(first.split()[1]), headers=headers, body=body)
