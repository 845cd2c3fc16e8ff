"""The only door out: sends a call, checks the status, decodes, and remembers GETs for a request."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
import structlog

from groupgate.domain.errors import (
    Denied,
    Outcome,
    Rejected,
    Throttled,
    Unavailable,
    Unreachable,
    UpstreamError,
)
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.health import Health
from groupgate.upstream.json_path import decode
from groupgate.upstream.retry import never_applied, unsent_writes
from groupgate.upstream.scope import UpstreamCall, current_scope

ShapeT = TypeVar("ShapeT")
Params = Sequence[tuple[str, str | int]]

MAX_CALLS_AT_ONCE = 16

_log = structlog.get_logger()


def segment(native_id: str) -> str:
    """Return an id as one piece of a path, whatever is in it."""
    return quote(native_id, safe="")


def is_addressable(native_id: str) -> bool:
    """Whether an id can stand in a path; dots alone would be a way up (RFC 3986, 5.2.4)."""
    return native_id not in {"", ".", ".."}


class JsonClient:
    """Speaks to one vendor.

    `authenticate` makes the headers of one request; it is asked again for each.
    """

    def __init__(
        self,
        provider: ProviderKey,
        http: httpx.AsyncClient,
        base_url: str,
        authenticate: Callable[[], Mapping[str, str]],
    ) -> None:
        self.provider = provider
        self.health = Health()
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._authenticate = authenticate
        self._slots = asyncio.Semaphore(MAX_CALLS_AT_ONCE)

    async def get(self, path: str, shape: type[ShapeT], params: Params = ()) -> ShapeT:
        """GET this path once a request, whoever asks how often; return the decoded answer."""
        target = _with_query(path, params)
        memo = current_scope().memo
        key = (self.provider, (target, shape))
        task = memo.get(key)
        if task is None:
            task = memo[key] = asyncio.ensure_future(self._fetch(target, shape))
        answer: ShapeT = await asyncio.shield(task)
        return answer

    def remembers(self, path: str, shape: type[object], params: Params = ()) -> bool:
        """Whether this GET would cost nothing now."""
        key = (self.provider, (_with_query(path, params), shape))
        task = current_scope().memo.get(key)
        return task is not None and not (task.done() and task.exception())

    async def write(
        self,
        method: str,
        path: str,
        shape: type[ShapeT],
        body: object = None,
    ) -> ShapeT:
        """Send a write, with a JSON body unless it is None; return the decoded answer.

        With `NoBody` as shape the answer is not looked at. The write is sent again only where it
        cannot have reached the vendor. An UpstreamError tells by its `outcome` what is known.
        """
        content = None if body is None else msgspec.json.encode(body)
        try:
            async for attempt in unsent_writes():
                with attempt:
                    answer = await self._send(method, path, content)
            return decode(self.provider, answer, shape)
        except UpstreamError as error:
            error.outcome = Outcome.NOT_APPLIED if never_applied(error) else Outcome.UNKNOWN
            raise
        finally:
            self.forget()

    def forget(self) -> None:
        """Drop what this request remembers of the vendor."""
        current_scope().forget(self.provider)

    async def _fetch(self, target: str, shape: type[ShapeT]) -> ShapeT:
        return decode(self.provider, await self._send("GET", target), shape)

    async def _send(self, method: str, target: str, content: bytes | None = None) -> bytes:
        headers = {"Accept": "application/json", **self._authenticate()}
        if content is not None:
            headers["Content-Type"] = "application/json"
        async with self._slots:
            began = time.perf_counter()
            status = 0
            try:
                response = await self._http.request(
                    method, self._base_url + target, headers=headers, content=content
                )
                status = response.status_code
            except httpx.HTTPError as error:
                self.health.failed()
                raise self._unreachable(error) from None
            finally:
                self._record(method, target, status, began)
        if response.is_success:
            self.health.answered()
            return response.content
        refusal = self._refusal(response)
        if isinstance(refusal, Rejected):
            self.health.answered()
        else:
            self.health.failed()
        raise refusal

    def _record(self, method: str, target: str, status: int, began: float) -> None:
        call = UpstreamCall(
            provider=self.provider,
            method=method,
            path=target,
            status=status,
            milliseconds=(time.perf_counter() - began) * 1000,
        )
        current_scope().calls.append(call)
        _log.debug(
            "upstream_call", provider=self.provider.value, method=method, path=target, status=status
        )

    def _unreachable(self, error: httpx.HTTPError) -> UpstreamError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout):
            return Unreachable(self.provider, "It could not be reached.")
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(self.provider, "It did not answer in time.")
        return Unavailable(self.provider, "The connection to it broke.")

    def _refusal(self, response: httpx.Response) -> UpstreamError:
        status = response.status_code
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Denied(self.provider, "It does not accept the gateway's credentials.")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            wait = _seconds(response.headers.get("retry-after"))
            return Throttled(self.provider, "It wants fewer calls.", retry_after=wait)
        if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(self.provider, f"It failed with status {status}.")
        return Rejected(self.provider, status, response.content)


def _with_query(path: str, params: Params) -> str:
    return f"{path}?{urlencode(params, quote_via=quote)}" if params else path


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after and retry_after.isdigit() else None
