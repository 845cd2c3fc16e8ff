"""A vendor played by a list of answers, each of which may take its time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import msgspec

from groupgate.domain.refs import ProviderKey
from groupgate.request import now
from groupgate.upstream.client import JsonClient
from groupgate.upstream.vendor_state import Policy, VendorState


class Shape(msgspec.Struct, frozen=True):
    """An answer."""

    name: str


@dataclass(frozen=True, slots=True)
class Late:
    """An answer that takes its time."""

    seconds: float
    answer: httpx.Response | Exception


Played = httpx.Response | Exception | Late


class Vendor:
    """Answers as it is told, the last answer again and again, and notes what it was sent when."""

    def __init__(self, *answers: Played, policy: Policy | None = None) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.moments: list[float] = []
        self.cancelled = 0
        self.vendor_state = VendorState(ProviderKey.DODO, policy)
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        self.client = JsonClient(
            ProviderKey.DODO,
            http,
            "http://vendor/base/",
            lambda: {"X-Key": "s3cret"},
            self.vendor_state,
        )

    @property
    def paths(self) -> list[str]:
        """What was asked for, below the base URL."""
        return [request.url.raw_path.decode().removeprefix("/base") for request in self.requests]

    async def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        self.moments.append(now())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Late):
            await self._wait(answer.seconds)
            answer = answer.answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _wait(self, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class Chunks(httpx.AsyncByteStream):
    """A body in chunks, which counts those that were read; it may break off, or never end."""

    def __init__(self, chunk: bytes, times: int | None, then: Exception | None = None) -> None:
        self.read = 0
        self._chunk = chunk
        self._times = times
        self._then = then

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._times is None or self.read < self._times:
            self.read += 1
            yield self._chunk
        if self._then is not None:
            raise self._then


def ok(body: bytes = b'{"name":"x"}', **headers: str) -> httpx.Response:
    """An answer with this body; `X_Name` as a keyword is the header `X-Name`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, content=body, headers=named)


def status(code: int, **headers: str) -> httpx.Response:
    """An answer with this status and no body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(code, headers=named)
