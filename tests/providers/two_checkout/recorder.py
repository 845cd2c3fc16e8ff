"""A transport that answers every request alike, and keeps the requests."""

from typing import Any

import httpx


class Recorder(httpx.MockTransport):
    """Answers every request alike and writes down what came."""

    def __init__(self, status: int = 200, **answer: Any) -> None:
        self.requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(status, **answer)

        super().__init__(handle)

    @property
    def targets(self) -> list[str]:
        """Path with query of every request."""
        return [request.url.raw_path.decode() for request in self.requests]
