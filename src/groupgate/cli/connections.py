"""The connections of the server: closed if their clients neither send nor read anything.

httptools parses the requests: a small one with its response takes a quarter of the CPU time that it
takes with h11. A connection is handed over to h11 if its client offers another protocol, as Java's
HTTP client does (`Upgrade: h2c`): httptools drops the body of such a request.
"""

import asyncio
from functools import partial
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
)

from groupgate.app.direct_route import REMEMBER_HEAD, HotResponse
from groupgate.cli.cycles import WholeResponseCycle
from groupgate.cli.known_heads import BLANK_LINE, FoundHead, KnownHeads

STALL_TIMEOUT: Final = 10.0
"""Seconds for a request's head to arrive, and for any part of a response to be received."""

MAX_HEAD_BYTES: Final = 64 * 1024
"""Bytes of a request that may arrive without any byte of its body: of its head, or of trailers."""

MAX_HOT_BYTES: Final = 16 * 1024
"""The largest request that is answered without being parsed."""

_LOCAL: Final = ("127.0.0.1", 0)
_INVALID: Final = "Invalid HTTP request received."
_METHODS: Final = {name.encode(): name for name in ("GET", "HEAD", "POST", "OPTIONS")}


class _Connection(asyncio.Protocol):
    """A connection of uvicorn that can be closed while its client stalls.

    uvicorn limits only the time between a response and the first byte of the next request. A
    connection that never sends a byte, or a head that never ends, occupies a descriptor for ever.
    """

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    client: tuple[str, int] | None
    cycle: Any
    timeout_keep_alive_task: asyncio.TimerHandle | None
    _stall: tuple[object, ...] | None = None
    _stalled_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn
        """Begin to wait for the first head."""
        super().connection_made(transport)
        if self.client is None:  # of a Unix socket: a process of this machine, such as a proxy
            self.client = _LOCAL
        self._stall, self._stalled_since = self._find_stall(), self.loop.time()

    def close_if_stalled(self) -> None:
        """Close the connection if it has waited for the same thing for STALL_TIMEOUT seconds."""
        stall, now = self._find_stall(), self.loop.time()
        if stall is None or stall != self._stall:
            self._stall, self._stalled_since = stall, now
        elif now - self._stalled_since >= STALL_TIMEOUT:
            self.transport.abort()

    def _find_stall(self) -> tuple[object, ...] | None:
        """What the client has to do next; None if that is nothing, or is limited by uvicorn."""
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return ("receive", unsent)
        is_answered = self.cycle is None or self.cycle.response_complete
        if is_answered and not self._has_keep_alive_timeout():
            return ("send", self.cycle)
        return None

    def _has_keep_alive_timeout(self) -> bool:
        """Return True if uvicorn limits the time until the next byte of the client."""
        return self.timeout_keep_alive_task is not None


class UpgradeConnection(_Connection, H11Protocol):
    """A connection on which a client has offered another protocol; h11 parses its requests."""

    def _should_upgrade(self) -> bool:
        """Return False: the app refuses WebSockets, and other upgrades are ignored (RFC 9110).

        uvicorn would log two warnings for each such request, one with a `pip install` command.
        """
        return False


class _InvalidRequest(Exception):
    """A request that httptools accepts, but the standard does not."""


class Connection(_Connection, HttpToolsProtocol):
    """A connection whose requests httptools parses.

    What h11 refuses and httptools does not is refused here: requests without a Host header or with
    several (RFC 9112, 3.2), and heads or trailers without end. Trailers are ignored.

    A request is answered without being parsed if it arrives in one piece, all before it are
    answered, its head is known, and the app has its response. The connections of one server share
    the known heads.
    """

    def __init__(self, *args: Any, known_heads: KnownHeads | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._known_heads = known_heads or KnownHeads()
        self._last_head: FoundHead | None = None
        """The last head that was known; most clients repeat it."""
        self._is_idle = False
        """True from a response to the first byte of the next request."""
        self._answered_at = 0.0
        """When a request was last answered, on the event loop's clock."""
        self._is_in_head = False
        self._is_in_message = False
        self._begun = 0
        """The requests that began in the data that is being parsed."""
        self._head: list[bytes] | None = None
        """The data with the head that is being received; None if something else precedes it."""
        self._without_body = 0

    def data_received(self, data: bytes) -> None:
        """Answer or parse what the client sent."""
        if len(data) <= MAX_HOT_BYTES and self._is_free:
            response = self._find_response(data, self.loop.time())
            if response is not None:
                self._respond(response)
                return
        self._is_idle = False
        if not self._is_in_message:
            self._head = []
        self._begun = 0
        self._without_body += len(data)
        if self._head is not None:
            self._head.append(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self._refuse()
            return
        except httptools.HttpParserUpgrade:
            self._hand_over()
            return
        if self._without_body > MAX_HEAD_BYTES:
            self._refuse()
        if not self._is_in_head or self._begun > 1:
            self._head = None

    @property
    def _is_free(self) -> bool:
        """True if all requests are answered, and no part of another one has arrived."""
        if self._is_in_message or self.flow.write_paused:
            return False
        return self.cycle is None or self.cycle.response_complete

    def _find_response(self, data: bytes, started_at: float) -> HotResponse | None:
        """Return the response if these data are a whole request, with a head that is known."""
        head, _, body = data.partition(BLANK_LINE)
        found = self._last_head
        if found is None or found.head != head:
            found = self._known_heads.find(self.server, head)
            if found is None:
                return None
            self._last_head = found
        if len(body) != found.body_bytes:
            return None
        return found.known.find(body, found.own, started_at)

    def _respond(self, response: HotResponse) -> None:
        """Write a response as uvicorn does, and wait for the next request."""
        lines = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        parts = (STATUS_LINE[200], *lines, response.head, b"\r\n", response.body)
        self.transport.write(b"".join(parts))
        self.server_state.total_requests += 1
        self._wait_for_request()

    def on_response_complete(self) -> None:
        """Start the next request or wait for it, as uvicorn does, but keep a timer that is set."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._wait_for_request()

    def _wait_for_request(self) -> None:
        self._is_idle, self._answered_at = True, self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._set_timer(self.timeout_keep_alive)

    def _set_timer(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            seconds, self.timeout_keep_alive_handler
        )

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection if it has been idle for long enough, or set the timer again."""
        self.timeout_keep_alive_task = None
        left = self._answered_at + self.timeout_keep_alive - self.loop.time()
        if not self._is_idle:
            return  # the timer is set after the next response
        if left > 0:
            self._set_timer(left)
        else:
            super().timeout_keep_alive_handler()

    def _has_keep_alive_timeout(self) -> bool:
        return self._is_idle

    def _refuse(self) -> None:
        """Respond with status 400, and close the connection.

        If an earlier request is still being answered, close the connection after its response.
        """
        self.logger.warning(_INVALID)
        cycle, is_own = self.cycle, self._is_in_message and not self._is_in_head
        if cycle is None or cycle.response_complete:
            self.send_400_response(_INVALID)
        elif not is_own:
            cycle.keep_alive = False
            self.flow.pause_reading()
        elif self.pipeline or cycle.response_started:
            self.transport.abort()
        else:
            self.send_400_response(_INVALID)

    def _hand_over(self) -> None:
        """Let h11 read the request that offers another protocol, and all that follow.

        Behind another request that is not answered yet, which no known client does, the connection
        is closed instead.
        """
        is_free = self.cycle is None or self.cycle.response_complete
        if self._head is None or self._begun > 1 or not is_free:
            self.transport.abort()
            return
        self.connections.discard(self)
        self._unset_keepalive_if_required()
        protocol = UpgradeConnection(self.config, self.server_state, self.app_state)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        protocol.data_received(b"".join(self._head))
        self.parser = None  # type: ignore[assignment] # it refers to this object

    # httptools

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_in_head = self._is_in_message = True
        self._begun += 1

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header as uvicorn does, unless it is a trailer."""
        if self._is_in_head:
            name = name.lower()
            self.headers.append((name, value))
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True

    def on_headers_complete(self) -> None:
        """Start the app; as uvicorn's method does, but with the target as it was sent.

        The app itself reads targets in absolute form. Raises _InvalidRequest.
        """
        self._is_in_head = False
        parser, scope = self.parser, self.scope
        version, method = parser.get_http_version(), parser.get_method()
        if [name for name, _ in self.headers].count(b"host") != 1 and version != "1.0":
            raise _InvalidRequest
        if parser.should_upgrade():
            return
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        scope["method"] = _METHODS.get(method) or method.decode("ascii")
        scope["http_version"] = version
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = query
        keep_alive = version != "1.0" and parser.should_keep_alive()
        if keep_alive and not self.expect_100_continue:
            self._offer_to_remember(scope)
        before = self.cycle
        self.cycle = WholeResponseCycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=keep_alive,
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(self.cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((self.cycle, self.app))

    def _offer_to_remember(self, scope: Any) -> None:
        """Let the app say what it knows of this head, if no other data precede it."""
        data = self._head
        if data is None or len(data) > 1 or self._begun > 1 or len(data[0]) > MAX_HOT_BYTES:
            return
        head, _, rest = data[0].partition(BLANK_LINE)
        remember = self._known_heads.remember
        scope[REMEMBER_HEAD] = partial(remember, self.server, head, len(rest), self.headers)

    def on_body(self, body: bytes) -> None:
        """Pass a part of the body to the app."""
        self._without_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body; a request that offers another protocol has begun no cycle."""
        self._is_in_message, self._without_body = False, 0
        if not self.parser.should_upgrade():
            super().on_message_complete()
