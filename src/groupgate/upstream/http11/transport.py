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
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import Context
from functools import partial
from typing import Any, Final

import httpx

from groupgate.upstream.http11.connection import Connection, Proxy, proxy_for

HAPPY_EYEBALLS_DELAY: Final = 0.25
"""Seconds before the next address of a host is tried (RFC 8305)."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]
Origin = tuple[str, str, int]


class Http11Transport(httpx.AsyncBaseTransport):
    """Sends requests over connections that are kept alive between calls.

    Honours the request extensions `timeout` (`connect` and `read`, in seconds) and `trace`, with
    httpcore's names for the events that it reports.
    """

    def __init__(self, ssl_context: ssl.SSLContext | None = None) -> None:
        self._ssl_context = ssl_context
        self._idle: dict[Origin, deque[Connection]] = {}
        self._unclaimed: dict[Origin, deque[asyncio.Task[Connection]]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; return the response once its head has arrived."""
        url = request.url
        origin = (url.scheme, url.host, url.port or _DEFAULT_PORTS.get(url.scheme, 0))
        timeout = request.extensions.get("timeout") or {}
        trace: Trace | None = request.extensions.get("trace")
        content = await request.aread()
        connection = self._take_idle(origin)
        if connection is None:
            if trace is not None:
                await trace("connection.connect_tcp.started", {})
            connection = await self._connect(origin, timeout.get("connect"))
        if trace is not None:
            await trace("http11.send_request_headers.started", {})
        try:
            await connection.exchange(
                _serialize(request, connection.proxy), content, timeout.get("read")
            )
        except BaseException:
            connection.abort()
            raise
        return httpx.Response(
            connection.status,
            headers=connection.headers,
            stream=_BodyStream(self, connection, origin),
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


class _BodyStream(httpx.AsyncByteStream):
    """The body of one response; closing it releases the connection."""

    def __init__(self, transport: Http11Transport, connection: Connection, origin: Origin) -> None:
        self._transport = transport
        self._connection: Connection | None = connection
        self._origin = origin

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._connection is not None:
            chunk = await self._connection.read()
            if not chunk:
                return
            yield chunk

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
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


def _serialize(request: httpx.Request, proxy: Proxy | None) -> bytes:
    """Return the head of a request."""
    target = request.url.raw_path
    headers = request.headers.raw
    if proxy is not None:
        target = str(request.url).encode("ascii")
        headers = [*headers, *(tuple(line.encode().split(b": ", 1)) for line in proxy.headers)]  # type: ignore[list-item] # two parts each
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), target)]
    lines += [b"%s: %s" % header for header in headers]
    if any(b"\n" in line or b"\r" in line for line in lines):
        raise httpx.LocalProtocolError("a header contains a line break")
    return b"\r\n".join((*lines, b"", b""))
