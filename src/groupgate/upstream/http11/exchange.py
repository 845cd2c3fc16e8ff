"""One HTTP exchange with a vendor over the connections of this package."""

from collections.abc import Mapping
from typing import Final

import httpx

from groupgate.request import Deadline
from groupgate.upstream.http11.connection import Connection, ConnectionStream
from groupgate.upstream.http11.transport import Http11Transport, OutgoingRequest, origin_of
from groupgate.upstream.transport import (
    CONNECT_TIMEOUT,
    MAX_BODY_BYTES,
    READ_TIMEOUT,
    TOO_LARGE,
    Exchange,
    HttpxExchange,
    UnreadableBody,
    UpstreamRequest,
    UpstreamResponse,
    check_length,
    is_failed,
    read_body,
)

_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
"""They have a Content-Length also without a body."""


def exchange_over(transport: httpx.AsyncBaseTransport, base_url: str) -> Exchange:
    """Return the exchange with a base URL over a transport: the fast one, if that is our own."""
    base_url = base_url.rstrip("/")
    if isinstance(transport, Http11Transport):
        return Http11Exchange(transport, base_url)
    return HttpxExchange(transport, base_url)


class Http11Exchange:
    """An exchange over connections of the gateway's own transport."""

    def __init__(self, transport: Http11Transport, base_url: str) -> None:
        url = httpx.URL(base_url)
        self._transport = transport
        self._origin = origin_of(url)
        self._host = url.netloc.decode("ascii")
        self._prefix = url.raw_path.decode("ascii").rstrip("/")

    async def __call__(
        self, request: UpstreamRequest, headers: Mapping[str, str], deadline: Deadline
    ) -> UpstreamResponse:
        """Send one request; see `Exchange`."""
        content = request.content
        if content is None and request.method in _METHODS_WITH_BODY:
            content = b""
        outgoing = OutgoingRequest(
            origin=self._origin,
            method=request.method,
            host=self._host,
            target=self._prefix + request.target,
            headers=headers.items(),
            content=content,
        )
        connection = await self._transport.send(
            outgoing,
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            deadline=deadline.at,
            progress=request,
        )
        try:
            status, received = connection.status, connection.headers
            if is_failed(status):
                body = b""
            elif "content-encoding" in received:
                # httpx decodes it; its decoders cannot be called without a response.
                stream = ConnectionStream(connection)
                response = httpx.Response(status, headers=received, stream=stream)
                body = await read_body(response)
            else:
                check_length(status, received)
                body = await _within_limit(status, connection)
        finally:
            self._transport.release(connection, outgoing.origin)
        return UpstreamResponse(status=status, headers=received, body=body)


async def _within_limit(status: int, connection: Connection) -> bytes:
    body = await connection.read_all(MAX_BODY_BYTES)
    if body is None:
        raise UnreadableBody(status, TOO_LARGE)
    return body
