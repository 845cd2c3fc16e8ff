"""A Redis that is far away: a proxy that passes replies on after some time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from tests.app.redis.server import RedisServer
from tests.listening import listening, port_of


@dataclass(slots=True)
class Distance:
    """The proxy; `seconds` is the time that replies take, which can be changed."""

    url: str
    seconds: float = 0.0


@asynccontextmanager
async def far_away(server: RedisServer) -> AsyncIterator[Distance]:
    """Run a proxy before the server."""
    tasks: set[asyncio.Task[None]] = set()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own_reader, own_writer = await asyncio.open_connection("127.0.0.1", server.port)
        loop = asyncio.get_running_loop()

        async def send() -> None:
            with closing(own_writer):
                while data := await reader.read(65536):
                    own_writer.write(data)

        async def receive() -> None:
            with closing(writer):
                while data := await own_reader.read(65536):
                    loop.call_later(distance.seconds, writer.write, data)

        for work in (send(), receive()):
            task = asyncio.create_task(work)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    try:
        async with listening(connect) as proxy:
            distance = Distance(f"redis://127.0.0.1:{port_of(proxy)}/0")
            yield distance
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
