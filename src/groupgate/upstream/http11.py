"""An HTTP/1.1 transport for httpx that loses no connection, whatever is cancelled when.

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
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httptools
import httpx

KEEP_ALIVE: Final = 5.0
"""Seconds after which an idle connection is not used again."""
MAX_HEAD_BYTES: Final = 100 * 1024
"""Larger response heads are refused."""
MAX_BUFFERED: Final = 256 * 1024
"""Bytes of a body that are received ahead of the reader."""
HAPPY_EYEBALLS_DELAY: Final = 0.25
"""Seconds before the next address of a host is tried (RFC 8305)."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FIRST_FINAL_STATUS: Final = 200

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
        """Close the idle connections, and those that are being opened for nobody."""
        for tasks in self._unclaimed.values():
            for task in tasks:
                task.cancel()
        for connections in self._idle.values():
            for connection in connections:
                connection.abort()
        self._idle.clear()

    def release(self, connection: "Connection", origin: Origin) -> None:
        """Keep a connection for the next call if it is reusable, or close it."""
        if not connection.is_reusable:
            connection.abort()
        else:
            self._keep(connection, origin)

    def _keep(self, connection: "Connection", origin: Origin) -> None:
        connection.idle_since = connection.loop.time()
        self._idle.setdefault(origin, deque()).append(connection)

    def _take_idle(self, origin: Origin) -> "Connection | None":
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

    async def _connect(self, origin: Origin, seconds: float | None) -> "Connection":
        """Return a new connection, or one that a cancelled call had begun to open.

        Opening is not cancelled with the call: asyncio would lose the socket if it was just made.
        """
        unclaimed = self._unclaimed.setdefault(origin, deque())
        task = unclaimed.popleft() if unclaimed else None
        if task is None:
            task = asyncio.create_task(self._open_in_time(origin, seconds))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            unclaimed.append(task)
            task.add_done_callback(partial(self._keep_unclaimed, origin))
            raise

    def _keep_unclaimed(self, origin: Origin, task: "asyncio.Task[Connection]") -> None:
        """Make a connection idle that was opened for a call that had been cancelled."""
        unclaimed = self._unclaimed.get(origin, ())
        if task not in unclaimed:
            return
        self._unclaimed[origin].remove(task)
        if not task.cancelled() and task.exception() is None:
            self._keep(task.result(), origin)

    async def _open_in_time(self, origin: Origin, seconds: float | None) -> "Connection":
        try:
            async with asyncio.timeout(seconds):
                return await self._open(origin)
        except TimeoutError:
            raise httpx.ConnectTimeout(f"no connection within {seconds} s") from None
        except OSError as error:
            raise httpx.ConnectError(_reason(error)) from None

    async def _open(self, origin: Origin) -> "Connection":
        scheme, host, port = origin
        proxy = proxy_for(scheme, host, port)
        tls = self._tls() if scheme == "https" else None
        loop = asyncio.get_running_loop()
        target = (host, port) if proxy is None else (proxy.host, proxy.port)
        _, connection = await loop.create_connection(
            Connection,
            *target,
            ssl=tls if proxy is None else None,
            happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY,
        )
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


class _BodyStream(httpx.AsyncByteStream):
    """The body of one response; closing it releases the connection."""

    def __init__(
        self, transport: Http11Transport, connection: "Connection", origin: Origin
    ) -> None:
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


class Connection(asyncio.Protocol):
    """One connection, used by one call at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.idle_since = 0.0
        self.proxy: Proxy | None = None
        """The proxy that requests to this connection are addressed to, if any."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._read_timeout: float | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._head_bytes = 0
        self._has_head = False
        self._is_complete = True
        self._is_kept_alive = False
        self._is_closed = False
        self._is_paused = False

    @property
    def is_fresh(self) -> bool:
        """True if an idle connection may be used again."""
        return not self._is_closed and self.loop.time() - self.idle_since < KEEP_ALIVE

    @property
    def is_reusable(self) -> bool:
        """True if the response has been received completely and the server keeps the connection."""
        return self._is_complete and self._is_kept_alive and not self._is_closed

    async def exchange(self, head: bytes, content: bytes, read_timeout: float | None) -> None:
        """Send a request and wait for the head of its response."""
        if self._is_closed or self._transport is None:
            raise httpx.RemoteProtocolError("the server closed the connection")
        self._parser = httptools.HttpResponseParser(self)
        self._read_timeout = read_timeout
        self.status, self.headers = 0, []
        self._head_bytes, self._has_head, self._is_complete = 0, False, False
        self._transport.write(head + content)
        while not self._has_head:
            await self._wait()

    async def read(self) -> bytes:
        """Return what has arrived of the body; empty at its end."""
        while not self._chunks and not self._is_complete:
            await self._wait()
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return body

    def abort(self) -> None:
        """Close the connection at once."""
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()

    async def open_tunnel(
        self, proxy: "Proxy", host: str, port: int, tls: ssl.SSLContext
    ) -> "Connection":
        """Ask the proxy for a tunnel, and return a connection with TLS through it."""
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *proxy.headers, "", ""]
        await self.exchange("\r\n".join(lines).encode("ascii"), b"", None)
        if not _FIRST_FINAL_STATUS <= self.status < _FIRST_FINAL_STATUS + 100:
            raise httpx.ProxyError(f"the proxy returned {self.status}")
        if self._transport is None:
            raise httpx.ProxyError("the proxy closed the connection")
        inner = Connection()
        transport = await self.loop.start_tls(self._transport, inner, tls, server_hostname=host)
        if transport is None:
            raise httpx.ProxyError("the proxy closed the connection")
        inner.connection_made(transport)
        return inner

    async def _wait(self) -> None:
        """Wait until something arrives; raise the error that ended the connection, if any."""
        if self._error is not None:
            raise self._error
        self._waiter = self.loop.create_future()
        try:
            async with asyncio.timeout(self._read_timeout):
                await self._waiter
        except TimeoutError:
            raise httpx.ReadTimeout("no data in time") from None
        finally:
            self._waiter = None
        if self._error is not None and not (self._has_head and self._is_complete):
            raise self._error

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
        self.abort()
        self._wake()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = transport  # type: ignore[assignment] # create_connection makes this kind

    def data_received(self, data: bytes) -> None:
        """Parse what the server sent; close the connection if nothing was expected."""
        if self._is_complete or self._parser is None:
            self.abort()
            return
        if not self._has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if not self._has_head:
                self._fail(httpx.RemoteProtocolError("the server switched protocols"))
        except httptools.HttpParserError as error:
            self._fail(httpx.RemoteProtocolError(str(error)))
        if not self._has_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fail(httpx.RemoteProtocolError("the head of the response is too large"))
        if self._buffered > MAX_BUFFERED and not self._is_paused and not self._is_closed:
            self._is_paused = True
            if self._transport is not None:
                self._transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response: completely if only the end of the connection delimits its body."""
        self._is_closed = True
        if self._is_complete:
            return
        if exc is None and self._has_head and self._ends_with_connection():
            self._is_complete = True
        elif self._error is None:
            kind = httpx.RemoteProtocolError if exc is None else httpx.ReadError
            self._error = kind(str(exc or "the server closed the connection"))
        self._wake()

    def _ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self.headers}
        return not names & {b"content-length", b"transfer-encoding"}

    # httptools

    def on_message_begin(self) -> None:
        """Refuse a second response to one request."""
        if self._is_complete:
            self._is_closed = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        if not self._is_complete:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Take the status; an informational response is followed by the final one."""
        if self._is_complete or self._parser is None:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL_STATUS:
            self.headers = []
            return
        self.status, self._has_head = status, True

    def on_body(self, body: bytes) -> None:
        """Collect a part of the body."""
        if self._is_complete:
            return
        self._chunks.append(body)
        self._buffered += len(body)

    def on_message_complete(self) -> None:
        """Note the end of the final response."""
        if self._has_head and not self._is_complete and self._parser is not None:
            self._is_complete = True
            self._is_kept_alive = self._parser.should_keep_alive()


class Proxy:
    """An HTTP proxy from the environment, with the headers that it wants."""

    def __init__(self, url: str) -> None:
        """Raise httpx.ProxyError for a proxy that is not an http:// one."""
        parsed = httpx.URL(url if "://" in url else f"http://{url}")
        if parsed.scheme != "http":
            raise httpx.ProxyError(f"proxies of the kind {parsed.scheme}:// are not supported")
        self.host = parsed.host
        self.port = parsed.port or _DEFAULT_PORTS["http"]
        self.headers: tuple[str, ...] = ()
        if parsed.userinfo:
            secret = b64encode(unquote(parsed.userinfo.decode()).encode()).decode()
            self.headers = (f"Proxy-Authorization: Basic {secret}",)


def proxy_for(scheme: str, host: str, port: int) -> Proxy | None:
    """Return the proxy that the environment names for this host; None if it is called directly."""
    proxies = getproxies()
    url = proxies.get(scheme) or proxies.get("all")
    if not url or proxy_bypass(host) or proxy_bypass(f"{host}:{port}"):
        return None
    return Proxy(url)


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
