"""An app served on a local port by uvicorn, the server of `groupgate serve`."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def served(
    app: ASGIApp, http: Literal["auto", "h11", "httptools"] | type[asyncio.Protocol] = "auto"
) -> AsyncIterator[int]:
    """Serve an app in the running event loop; yield its port, which accepts connections at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", ws="none", lifespan="off", http=http)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            port: int = listener.getsockname()[1]
            yield port
        finally:
            server.should_exit = True
            await serving
