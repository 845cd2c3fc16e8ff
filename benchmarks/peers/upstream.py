"""An upstream that is no bottleneck: `GET /product-collections/{id}` with prepared responses.

`GET /calls` returns the number of calls before it.

`python -m benchmarks.peers.upstream PORT DELAY_SECONDS`
"""

import asyncio
import sys
from typing import Final

from benchmarks.peers.data import bodies

# Only Hive Gateway's HTTP cache reads `Cache-Control`.
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b"Cache-Control: public, max-age=3600\r\nContent-Length: %d\r\n\r\n"
)
_NOT_FOUND: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"


def _responses() -> dict[bytes, bytes]:
    return {
        f"/product-collections/{name}".encode(): _HEAD % len(body) + body
        for name, body in bodies().items()
    }


class Connection(asyncio.Protocol):
    """Responds to requests without bodies, which are not pipelined."""

    calls = 0
    """Calls over all connections."""

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
        path = self._buffer.split(b" ", 2)[1]
        self._buffer = b""
        if path == b"/calls":
            body = b"%d" % Connection.calls
            self._transport.write(_HEAD % len(body) + body)
            return
        Connection.calls += 1
        response = self._responses.get(path, _NOT_FOUND)
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
