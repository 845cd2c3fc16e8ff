"""The little HTTP that the simulators share: exact paths, JSON in, JSON out.

Starlette routes on the decoded path, where an encoded slash in a 2Checkout code can no longer be
told from a real one; here a path is split first and decoded afterwards.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

NO_JSON = object()
"""What `Call.json` holds when a body came that is no JSON."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request, as a simulator sees it."""

    method: str
    segments: tuple[str, ...]
    """The decoded pieces of the path between its slashes; a trailing slash adds nothing."""
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    """Names in lower case."""
    json: Any
    """The decoded body; None without one, `NO_JSON` if it is not JSON."""

    def param(self, name: str) -> str | None:
        """Return the last value of this query parameter, if it was sent."""
        return next((value for key, value in reversed(self.query) if key == name), None)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One response of a simulator. `body=None` sends no bytes at all; `true` is `body=True`."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Answer]


class JsonApp:
    """An ASGI app around one handler, which is told the path below `prefix`."""

    def __init__(self, handler: Handler, prefix: str = "") -> None:
        self._handler = handler
        self._depth = len([piece for piece in prefix.split("/") if piece])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        call = _read(scope, await _body(receive), self._depth)
        answer = self._handler(call)
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        headers = {"content-type": "application/json"} if answer.body is not None else {}
        headers |= {name.lower(): value for name, value in answer.headers.items()}
        headers["content-length"] = str(len(body))
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _read(scope: Scope, body: bytes, depth: int) -> Call:
    raw_path = scope.get("raw_path") or scope["path"].encode()
    pieces = [piece for piece in raw_path.decode("ascii", "replace").split("/") if piece]
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Call(
        method=scope["method"],
        segments=tuple(unquote(piece) for piece in pieces[depth:]),
        query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        json=_json(body),
    )


def _json(body: bytes) -> Any:
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return NO_JSON
