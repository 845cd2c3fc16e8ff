"""The base of the vendor simulators: ASGI apps that answer JSON requests from memory.

Starlette routes on the decoded path, in which an encoded slash of a 2Checkout product code looks
like a separator. Here the path is split first and each segment is decoded afterwards.
"""

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Clock = Callable[[], float]
T = TypeVar("T")

INVALID_JSON = object()
"""The value of `Request.json` if the body is not JSON."""

_MAX_CALLS = 10_000
_MAX_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Request:
    """An HTTP request to a simulator."""

    method: str
    target: str
    """Path and query as sent, without the prefix of the simulator."""
    segments: tuple[str, ...]
    """The decoded segments of the path below the prefix; a trailing slash adds none."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Header names are in lower case."""
    json: Any
    """The decoded body; None without a body, `INVALID_JSON` if it is not JSON."""

    def param(self, name: str) -> str | None:
        """Return the last value of a query parameter, or None if it is absent."""
        return next((value for key, value in reversed(self.query) if key == name), None)


@dataclass(frozen=True, kw_only=True)
class Response:
    """An HTTP response of a simulator. `body=None` sends an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Response]
"""Takes a catalogue, the request, and the path segment for each `*` of its route."""


class NoRouteError(Exception):
    """No route has this method and path; `allowed` lists the methods of the path, if any."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self.allowed = allowed


class Router:
    """Finds the handler of a request among (method, path pattern, handler); the first wins."""

    def __init__(self, *routes: tuple[str, str, Handler]) -> None:
        self._routes = [
            (method, pattern.split("/"), handler) for method, pattern, handler in routes
        ]

    def resolve(self, request: Request) -> tuple[Handler, list[str]]:
        """Return the handler and the path segments that it takes; raise NoRouteError."""
        allowed = []
        for method, pattern, handler in self._routes:
            parameters = _path_parameters(pattern, request.segments)
            if parameters is None:
                continue
            if method == request.method:
                return handler, parameters
            allowed.append(method)
        raise NoRouteError(allowed)


def _path_parameters(pattern: Sequence[str], segments: Sequence[str]) -> list[str] | None:
    if len(pattern) != len(segments):
        return None
    pairs = list(zip(pattern, segments, strict=True))
    if any(expected not in {"*", segment} for expected, segment in pairs):
        return None
    return [segment for expected, segment in pairs if expected == "*"]


class Simulator(ABC):
    """An ASGI app that simulates one vendor below the path `prefix`."""

    def __init__(self, prefix: str) -> None:
        self.calls: deque[tuple[str, str, Any]] = deque(maxlen=_MAX_CALLS)
        """Method, target and JSON body of the latest requests."""
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        request = await read_request(scope, receive, self._prefix)
        body = None if request.json is INVALID_JSON else request.json
        self.calls.append((request.method, request.target, body))
        await send_response(send, self.respond(request))

    @abstractmethod
    def respond(self, request: Request) -> Response:
        """Return the response to a request."""

    @abstractmethod
    def reset(self) -> None:
        """Restore the seed data; `calls` and counters are kept."""

    @abstractmethod
    def snapshot(self) -> dict[str, Any]:
        """Return a copy of the catalogue as plain dicts and lists."""


def copy_records(records: dict[str, Any]) -> dict[str, Any]:
    """Return a deep copy of JSON values, which costs less than `copy.deepcopy`."""
    copied: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(records))
    return copied


async def read_request(scope: Scope, receive: Receive, prefix: str = "") -> Request:
    """Read an HTTP request whose path begins with `prefix`."""
    path = raw_path(scope)
    query = scope["query_string"].decode("latin-1")
    depth = len(_segments(prefix))
    return Request(
        method=scope["method"],
        target=(f"{path}?{query}" if query else path).removeprefix(prefix),
        segments=tuple(unquote(segment) for segment in _segments(path)[depth:]),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={key.decode().lower(): value.decode("latin-1") for key, value in scope["headers"]},
        json=_decode_json(await _read_body(receive)),
    )


async def send_response(send: Send, response: Response) -> None:
    """Send a response, with its body as JSON."""
    body = b"" if response.body is None else json.dumps(response.body).encode()
    headers = {} if response.body is None else {"content-type": "application/json"}
    headers |= {name.lower(): value for name, value in response.headers.items()}
    headers["content-length"] = str(len(body))
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def raw_path(scope: Scope) -> str:
    """Return the path of a request without decoding its percent-encoding."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path.decode("latin-1")


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


async def _read_body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _decode_json(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return INVALID_JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A requested page of a list; pages are numbered from 1."""

    number: int
    limit: int

    def of(self, items: Sequence[T]) -> Sequence[T]:
        """Return the items on this page; none after the last page."""
        start = (self.number - 1) * self.limit
        return items[start : start + self.limit]


def positive_integer(text: str) -> int | None:
    """Return the number that a query parameter holds; None if it is not a positive integer."""
    is_decimal = text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS
    return int(text) or None if is_decimal else None
