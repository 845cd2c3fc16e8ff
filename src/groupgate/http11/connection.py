"""One HTTP/1.1 connection, direct or through a proxy: sends requests and parses responses.

The proxies are those of the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextvars import Context
from math import inf
from typing import Final
from urllib.parse import unquote
from urllib.request import getproxies, proxy_bypass

import httptools
import httpx

KEEP_ALIVE: Final = 4.0
"""Seconds after which an idle connection is not used again.

Less than the 5 after which Apache and uvicorn close one by default: a write that is sent at that
moment has an unknown outcome.
"""
MAX_HEAD_BYTES: Final = 100 * 1024
"""Larger response heads are refused."""
MAX_BUFFERED: Final = 256 * 1024
"""Bytes of a body that are received ahead of the reader."""

_FIRST_FINAL_STATUS: Final = 200
_NO_CONTEXT: Final = Context()
_PROXY_PORT: Final = 80
"""The port of a proxy whose address has none."""


class Proxy:
    """An HTTP proxy from the environment, with the headers that it wants."""

    def __init__(self, url: str) -> None:
        """Raise httpx.ProxyError for a proxy that is not an http:// one."""
        parsed = httpx.URL(url if "://" in url else f"http://{url}")
        if parsed.scheme != "http":
            raise httpx.ProxyError(f"proxies of the kind {parsed.scheme}:// are not supported")
        self.host = parsed.host
        self.port = parsed.port or _PROXY_PORT
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


class Connection(asyncio.Protocol):
    """One connection, used by one call at a time.

    A timer is set only if none is set for an earlier moment. It finds out when it fires whether
    something is overdue, so that most calls set none.
    """

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.idle_since = 0.0
        self.proxy: Proxy | None = None
        """The proxy that requests to this connection are addressed to, if any."""
        self.status = 0
        self.headers: dict[str, str] = {}
        """By the name in lower case; values of equal names are joined by commas."""
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._read_timeout = inf
        self._deadline = inf
        self._expires_at = inf
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        # Not an exception: raised, it would refer to frames that refer to this object, and only
        # the garbage collector would free such a cycle.
        self._error: tuple[type[httpx.TransportError], str] | None = None
        self._chunks: list[bytes] = []
        self._buffered = 0
        self._most = MAX_BUFFERED
        self._wants_all = False
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

    async def exchange(
        self, request: bytes, read_timeout: float | None = None, deadline: float = inf
    ) -> None:
        """Send a request and wait for the head of its response.

        Raises ReadTimeout, also later while the body is read, if nothing arrives for `read_timeout`
        seconds, or at the deadline, a moment on the event loop's clock.
        """
        if self._is_closed or self._transport is None:
            raise httpx.RemoteProtocolError("the server closed the connection")
        self._parser = httptools.HttpResponseParser(self)
        self._read_timeout = inf if read_timeout is None else read_timeout
        self._deadline = deadline
        self.status, self.headers = 0, {}
        self._head_bytes, self._has_head, self._is_complete = 0, False, False
        self._most, self._wants_all = MAX_BUFFERED, False
        self._transport.write(request)
        while not self._has_head:
            await self._wait()

    async def read(self) -> bytes:
        """Return what has arrived of the body; empty at its end."""
        while not self._chunks and not self._is_complete:
            await self._wait()
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._buffered = 0
        self._resume()
        return body

    async def read_all(self, most: int) -> bytes | None:
        """Return the whole body; None if it has more than `most` bytes."""
        if self._is_complete and len(self._chunks) == 1 and self._buffered <= most:
            self._buffered = 0
            return self._chunks.pop()  # most bodies arrive with their heads
        self._most, self._wants_all = most, True
        self._resume()
        while not self._is_complete and self._buffered <= most:
            await self._wait()
        if self._buffered > most:
            self._chunks.clear()  # an error's traceback would keep it in memory
            return None
        return await self.read()

    def abort(self) -> None:
        """Close the connection at once."""
        self._is_closed = True
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    async def open_tunnel(
        self, proxy: Proxy, host: str, port: int, tls: ssl.SSLContext
    ) -> "Connection":
        """Ask the proxy for a tunnel, and return a connection with TLS through it."""
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *proxy.headers, "", ""]
        await self.exchange("\r\n".join(lines).encode("ascii"))
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
        self._check()
        self._expires_at = min(self._deadline, self.loop.time() + self._read_timeout)
        self._start_timer()
        self._waiter = self.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if not (self._has_head and self._is_complete):
            self._check()

    def _start_timer(self) -> None:
        """Set the timer, unless it fires early enough already."""
        timer, moment = self._timer, self._expires_at
        if moment < inf and (timer is None or timer.when() > moment):
            self._stop_timer()
            # Without the context of the request, which would stay in memory with the timer.
            self._timer = self.loop.call_at(moment, self._expire, context=_NO_CONTEXT)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        """End a wait that is overdue, or set the timer again for the present one."""
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self.loop.time() < self._expires_at:
            self._start_timer()
        else:
            self._fail(httpx.ReadTimeout, "no data in time")

    def _check(self) -> None:
        if self._error is not None:
            kind, message = self._error
            raise kind(message)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, kind: type[httpx.TransportError], message: str) -> None:
        if self._error is None:
            self._error = (kind, message)
        self.abort()
        self._wake()

    def _resume(self) -> None:
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()

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
                self._fail(httpx.RemoteProtocolError, "the server switched protocols")
        except httptools.HttpParserError as error:
            self._fail(httpx.RemoteProtocolError, str(error))
        if not self._has_head and self._head_bytes > MAX_HEAD_BYTES:
            self._fail(httpx.RemoteProtocolError, "the head of the response is too large")
        if self._buffered > self._most and not self._is_paused and not self._is_closed:
            self._is_paused = True
            if self._transport is not None:
                self._transport.pause_reading()
        if self._wants_all and not self._is_complete and self._buffered <= self._most:
            self._expires_at = min(self._deadline, self.loop.time() + self._read_timeout)
        else:
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the response: completely if only the end of the connection delimits its body."""
        self._is_closed = True
        self._stop_timer()
        self._parser = None  # it refers to this object
        if self._is_complete:
            return
        if exc is None and self._has_head and self._ends_with_connection():
            self._is_complete = True
        elif self._error is None:
            kind = httpx.RemoteProtocolError if exc is None else httpx.ReadError
            self._error = (kind, str(exc or "the server closed the connection"))
        self._wake()

    def _ends_with_connection(self) -> bool:
        return not self.headers.keys() & {"content-length", "transfer-encoding"}

    # httptools

    def on_message_begin(self) -> None:
        """Refuse a second response to one request."""
        if self._is_complete:
            self._is_closed = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        if not self._is_complete:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            known = self.headers.get(key)
            self.headers[key] = text if known is None else f"{known}, {text}"

    def on_headers_complete(self) -> None:
        """Take the status; an informational response is followed by the final one."""
        if self._is_complete or self._parser is None:
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL_STATUS:
            self.headers = {}
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


class ConnectionStream(httpx.AsyncByteStream):
    """The body of the response that a connection receives, as a stream for httpx."""

    def __init__(self, connection: Connection) -> None:
        self.connection: Connection | None = connection
        """None once the stream is closed."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.connection is not None:
            chunk = await self.connection.read()
            if not chunk:
                return
            yield chunk
