"""An HTTP/1.1 transport for httpx that loses no connection when calls are cancelled.

httpx's own pool can lose a place for good if a call is cancelled while the pool closes expired
connections (encode/httpcore#1093, #830). This transport has no places: a call takes an idle
connection or opens a new one, and a call that is cancelled closes the connection it holds. The
number of connections is bounded by the rate limiter, which bounds the number of calls.

Proxies come from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, certificates from SSL_CERT_FILE
and SSL_CERT_DIR, as with httpx.
"""

import asyncio
import os
import socket
import ssl
from collections import deque
from collections.abc import Iterable
from contextvars import Context
from functools import partial
from math import inf
from typing import Final, Protocol

import httpx
from msgspec import Struct

from groupgate.http11.connection import (
    Connection,
    ConnectionStream,
    Proxy,
    proxy_for,
)

HAPPY_EYEBALLS_DELAY: Final = 0.25
"""Seconds before the next address of a host is tried (RFC 8305)."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Origin = tuple[str, str, int]


class OutgoingRequest(Struct, kw_only=True):
    """A request as it is written to a connection.

    `host` is the value of the header Host; `target` is the path with its query, encoded.
    """

    origin: Origin
    method: str
    host: str
    target: str
    headers: Iterable[tuple[str, str]] = ()
    """Those besides Host and Content-Length."""
    content: bytes | None = None


class Progress(Protocol):
    """Receives a call when a request has to wait for a connection, and when it has one."""

    def note_connecting(self) -> None:
        """Note that a connection is being opened; nothing has been sent."""

    def note_connected(self) -> None:
        """Note that the connection is open; the request is about to be sent."""


class Http11Transport(httpx.AsyncBaseTransport):
    """Sends requests over connections that are kept alive between calls.

    `send` and `release` do without the requests and responses of httpx, which take longer than the
    call itself. As a transport of httpx it honours the request extension `timeout` (`connect` and
    `read`, in seconds).
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._idle: dict[Origin, deque[Connection]] = {}
        self._unclaimed: dict[Origin, deque[asyncio.Task[Connection]]] = {}

    async def send(
        self,
        request: OutgoingRequest,
        *,
        connect_timeout: float | None,
        read_timeout: float | None,
        deadline: float = inf,
        progress: Progress | None = None,
    ) -> Connection:
        """Send a request; return its connection once it has the head of the response.

        `release` must be called with the connection. The timeouts are in seconds; the deadline, a
        moment on the event loop's clock, also holds while the body is read. Raises TimeoutError if
        no connection is open at the deadline, and else an exception of httpx.
        """
        connection = self._take_idle(request.origin)
        if connection is None:
            if progress is not None:
                progress.note_connecting()
            async with asyncio.timeout_at(deadline if deadline < inf else None):
                connection = await self._connect(request.origin, connect_timeout)
            if progress is not None:
                progress.note_connected()
        try:
            await connection.exchange(_serialize(request, connection.proxy), read_timeout, deadline)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; return the response once its head has arrived."""
        url, timeout = request.url, request.extensions.get("timeout") or {}
        outgoing = OutgoingRequest(
            origin=origin_of(url),
            method=request.method,
            host=request.headers["host"],
            target=url.raw_path.decode("ascii"),
            headers=[
                (name, value)
                for name, value in request.headers.multi_items()
                if name not in {"host", "content-length"}
            ],
            content=await request.aread() if "content-length" in request.headers else None,
        )
        connection = await self.send(
            outgoing, connect_timeout=timeout.get("connect"), read_timeout=timeout.get("read")
        )
        return httpx.Response(
            connection.status,
            headers=connection.headers,
            stream=_ReleasingStream(self, connection, outgoing.origin),
        )

    async def aclose(self) -> None:
        """Close the idle connections, and stop opening those that no call waits for."""
        for tasks in self._unclaimed.values():
            for task in tasks:
                task.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    def release(self, connection: Connection, origin: Origin) -> None:
        """Keep a connection for the next call if it is reusable, or close it."""
        if not connection.is_reusable:
            connection.abort()
        else:
            self._keep(connection, origin)

    def _keep(self, connection: Connection, origin: Origin) -> None:
        connection.idle_since = connection.loop.time()
        self._idle.setdefault(origin, deque()).append(connection)

    def _take_idle(self, origin: Origin) -> Connection | None:
        """Return the connection used last; close those that were idle for too long."""
        connections = self._idle.get(origin)
        loop = asyncio.get_running_loop()
        while connections:
            connection = connections.pop()
            if connection.loop is loop and connection.is_fresh:
                while connections and not connections[0].is_fresh:
                    connections.popleft().abort()
                return connection
            connection.abort()
        return None

    async def _connect(self, origin: Origin, seconds: float | None) -> Connection:
        """Return a new connection, or one that a cancelled call had begun to open.

        Opening is not cancelled with the call: asyncio would lose the socket if it was just made.
        """
        unclaimed = self._unclaimed.setdefault(origin, deque())
        task = unclaimed.popleft() if unclaimed else None
        if task is None:
            # The connection outlives the request, whose context would stay in memory with it.
            task = asyncio.create_task(self._open_in_time(origin, seconds), context=Context())
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            unclaimed.append(task)
            task.add_done_callback(partial(self._keep_unclaimed, origin))
            raise
        finally:
            del task  # its exception refers to this frame

    def _keep_unclaimed(self, origin: Origin, task: "asyncio.Task[Connection]") -> None:
        """Make a connection idle that was opened for a call that had been cancelled."""
        unclaimed = self._unclaimed.get(origin, ())
        if task not in unclaimed:
            return
        self._unclaimed[origin].remove(task)
        if not task.cancelled() and task.exception() is None:
            self._keep(task.result(), origin)

    async def _open_in_time(self, origin: Origin, seconds: float | None) -> Connection:
        try:
            async with asyncio.timeout(seconds):
                return await self._open(origin)
        except TimeoutError:
            raise httpx.ConnectTimeout(f"no connection within {seconds} s") from None
        except OSError as error:
            raise httpx.ConnectError(_reason(error)) from None

    async def _open(self, origin: Origin) -> Connection:
        scheme, host, port = origin
        proxy = proxy_for(scheme, host, port)
        tls = self._tls() if scheme == "https" else None
        target = (host, port) if proxy is None else (proxy.host, proxy.port)
        connection = await _connect(*target, tls if proxy is None else None)
        if proxy is not None and tls is not None:
            try:
                connection = await connection.open_tunnel(proxy, host, port, tls)
            except BaseException:
                connection.abort()
                raise
        elif proxy is not None:
            connection.proxy = proxy
        return connection

    def _tls(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = httpx.create_ssl_context()
        return self._ssl_context


async def _connect(host: str, port: int, tls: ssl.SSLContext | None) -> Connection:
    """Open a connection to the first address of a host that accepts one."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    # asyncio's race between addresses leaves cyclic garbage, so a single address has no race.
    is_only = len(found) == 1
    _, connection = await loop.create_connection(
        Connection,
        str(found[0][4][0]) if is_only else host,
        port,
        ssl=tls,
        server_hostname=host if tls else None,
        happy_eyeballs_delay=None if is_only else HAPPY_EYEBALLS_DELAY,
    )
    return connection


def origin_of(url: httpx.URL) -> Origin:
    """Return where requests to a URL are sent: scheme, host and port."""
    return url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme, 0)


class _ReleasingStream(ConnectionStream):
    """The body of a response of httpx; closing it releases the connection."""

    def __init__(self, transport: Http11Transport, connection: Connection, origin: Origin) -> None:
        super().__init__(connection)
        self._transport = transport
        self._origin = origin

    async def aclose(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            self._transport.release(connection, self._origin)


def _reason(error: OSError) -> str:
    """Return why no connection was made, without addresses that differ from call to call."""
    match error:
        case socket.gaierror():
            return "the host name was not found"
        case ssl.SSLCertVerificationError():
            return f"the certificate is not trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"the TLS handshake failed: {error.reason}"
        case ConnectionRefusedError():
            return "the connection was refused"
        case _:
            return os.strerror(error.errno) if error.errno else "no address could be reached"


def _serialize(request: OutgoingRequest, proxy: Proxy | None) -> bytes:
    """Return a request as bytes; raise LocalProtocolError if a header contains a line break."""
    content, prefix = request.content, "" if proxy is None else f"http://{request.host}"
    lines = [
        f"{request.method} {prefix}{request.target} HTTP/1.1",
        f"Host: {request.host}",
        *[f"{name}: {value}" for name, value in request.headers],
    ]
    if proxy is not None:
        lines += proxy.headers
    if content is not None:
        lines.append(f"Content-Length: {len(content)}")
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines):
        raise httpx.LocalProtocolError("a header contains a line break")
    return f"{text}\r\n\r\n".encode("latin-1") + (content or b"")
