"""The only door out to a vendor: reads that are remembered, writes that are sent once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from groupgate.domain.errors import Outcome, Unavailable, Unsent, UpstreamError
from groupgate.domain.refs import ProviderKey
from groupgate.upstream.bodies import read_body
from groupgate.upstream.deadline import Deadline
from groupgate.upstream.exchange import LATE, Authenticate, Call, Exchange
from groupgate.upstream.health import Health
from groupgate.upstream.line import Line
from groupgate.upstream.reads import Reads, Wanted
from groupgate.upstream.retry import never_applied
from groupgate.upstream.scope import current_scope
from groupgate.upstream.stand_in import current_stand_in
from groupgate.upstream.traffic import Traffic

ShapeT = TypeVar("ShapeT")
Params = Sequence[tuple[str, str | int]]


def segment(native_id: str) -> str:
    """Return an id as one piece of a path, whatever is in it."""
    return quote(native_id, safe="")


def is_addressable(native_id: str) -> bool:
    """Whether an id can stand in a path; dots alone would be a way up (RFC 3986, 5.2.4)."""
    return native_id not in {"", ".", ".."}


class JsonClient:
    """Speaks to one vendor.

    `authenticate` makes the headers of one call; it is asked again for each. `traffic` keeps the
    vendor's calls in order across requests; by itself it only bounds how many there are at once.
    """

    def __init__(
        self,
        provider: ProviderKey,
        http: httpx.AsyncClient,
        base_url: str,
        authenticate: Authenticate,
        traffic: Traffic | None = None,
    ) -> None:
        self.provider = provider
        self._traffic = traffic or Traffic(provider)
        self._line = Line(Exchange(provider, http, base_url, authenticate), self._traffic)
        self._reads = Reads(self._line, self._traffic)

    @property
    def health(self) -> Health:
        """How the vendor is answering."""
        return self._traffic.health

    async def get(
        self,
        path: str,
        shape: type[ShapeT],
        params: Params = (),
        check: Callable[[ShapeT], object] | None = None,
    ) -> ShapeT:
        """GET this path once a request, whoever asks how often; return the decoded answer.

        It may be one that another request was given of late, or, where the vendor fails, one of
        earlier; the request's scope then tells so. `check` raises UpstreamError for an answer that
        says that it is none, and that is not to be kept as one.
        """
        scope = current_scope()
        wanted = Wanted(target=_with_query(path, params), shape=shape, check=check)
        stand_in = current_stand_in()
        if stand_in is not None:
            return self._reads.last_known(wanted, stand_in, scope)
        key = (self.provider, wanted)
        task = scope.memo.get(key)
        if task is None:
            task = scope.memo[key] = scope.start(self._reads.find(wanted, scope))
        answer: ShapeT = await asyncio.shield(task)
        return answer

    def remembers(self, path: str, shape: type[object], params: Params = ()) -> bool:
        """Whether this GET would cost nothing now."""
        scope, wanted = current_scope(), Wanted(target=_with_query(path, params), shape=shape)
        stand_in = current_stand_in()
        if stand_in is not None:
            return self._reads.knows(wanted, stand_in, scope)
        task = scope.memo.get((self.provider, wanted))
        if task is None:
            return self._reads.is_free(wanted, scope)
        return not task.done() or not (task.cancelled() or task.exception())

    async def write(
        self,
        method: str,
        path: str,
        shape: type[ShapeT],
        body: object = None,
    ) -> ShapeT:
        """Send a write, with a JSON body unless it is None; return the decoded answer.

        With `NoBody` as shape the answer may be anything but an error. The write is sent again
        only where it cannot have reached the vendor. An UpstreamError tells by its `outcome` what
        is known.
        """
        content = None if body is None else msgspec.json.encode(body)
        call, deadline = Call(method=method, target=path, content=content), current_scope().deadline
        work = self._write(call, shape, deadline)
        try:
            return await self._traffic.writes.see_through(call, work, deadline)
        except TimeoutError:
            raise self._late(call) from None
        finally:
            self.forget()

    def forget(self) -> None:
        """Ask the vendor anew for all that this request reads from here on."""
        current_scope().forget(self.provider)

    async def _write(self, call: Call, shape: type[ShapeT], deadline: Deadline) -> ShapeT:
        is_untouched = False
        try:
            self._line.begin(current_scope())
            answer = await self._line.send(call, deadline)
            return read_body(self.provider, answer, shape)
        except UpstreamError as error:
            is_untouched = never_applied(error)
            error.outcome = Outcome.NOT_APPLIED if is_untouched else Outcome.UNKNOWN
            raise
        finally:
            if not is_untouched:
                self._traffic.changed()

    def _late(self, call: Call) -> UpstreamError:
        """What is known at the deadline of a write that has not ended."""
        error: UpstreamError
        if call.is_under_way:
            error = Unavailable(self.provider, LATE)
            error.outcome = Outcome.UNKNOWN
        else:
            error = Unsent(self.provider, "There was no time left to send it.")
            error.outcome = Outcome.NOT_APPLIED
        return error


def _with_query(path: str, params: Params) -> str:
    return f"{path}?{urlencode(params, quote_via=quote)}" if params else path
