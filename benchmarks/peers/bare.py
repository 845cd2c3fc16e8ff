"""A bare ASGI app: reads the body and responds with the same bytes, on groupgate's server.

`python -m benchmarks.peers.bare PORT FILE`
"""

import sys
from pathlib import Path

import uvicorn
from starlette.types import Receive, Scope, Send

from groupgate.app.settings import Settings
from groupgate.cli.server import server_config


class Bare:
    """Responds to every request with this body."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        while (await receive()).get("more_body", False):
            pass
        start = {"type": "http.response.start", "status": 200, "headers": self._headers}
        await send(start)
        await send({"type": "http.response.body", "body": self._body})


if __name__ == "__main__":
    app = Bare(Path(sys.argv[2]).read_bytes())
    # The same protocol as `groupgate serve`.
    config = server_config(app, Settings())
    config.port, config.lifespan = int(sys.argv[1]), "off"
    uvicorn.Server(config).run()
