"""An upstream that is no bottleneck: `GET /product-collections/{id}` with prepared responses.

`python -m benchmarks.peers.upstream PORT DELAY_SECONDS`
"""

import asyncio
import sys
from typing import Final

from benchmarks.peers.data import bodies

_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


def _responses() -> dict[bytes, bytes]:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    return {
        f"/product-collections/{name}".encode(): head.format(len(body)).encode() + body
        for name, body in bodies().items()
    }


class Connection(asyncio.Protocol):
    """Responds to requests without bodies, which are not pipelined."""

    def __init__(self, responses: dict[bytes, bytes], delay: float) -> None:
        self._responses = responses
        self._delay = delay
        self._buffer = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.WriteTransport)  # noqa: S101 # for mypy
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Respond once the head is complete."""
        self._buffer += data
        if not self._buffer.endswith(b"\r\n\r\n"):
            return
        response = self._responses.get(self._buffer.split(b" ", 2)[1], _NOT_FOUND)
        self._buffer = b""
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
        else:
            self._transport.write(response)


async def serve(port: int, delay: float) -> None:
    """Serve until the process is ended."""
    responses = _responses()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(responses, delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
