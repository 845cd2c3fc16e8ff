"""The results of a vendor's reads: by key, as pages of lists in memory, or stale ones."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TypeVar

from groupgate.coroutines import start_task
from groupgate.domain.catalog import ProductCollection
from groupgate.domain.errors import (
    Malformed,
    Rejected,
    Throttled,
    Unavailable,
    UpstreamError,
    clear_traceback,
)
from groupgate.domain.paging import CollectionsRequest, Page, PageRequest
from groupgate.request import RequestScope, Stale, current_scope
from groupgate.upstream.cache import Entry

KeyT = TypeVar("KeyT", bound=Hashable)
FoundT = TypeVar("FoundT")
ItemT = TypeVar("ItemT")


async def gather_by_key(
    keys: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Call `find` once for each different key, all at the same time.

    Returns for each key the result, or the UpstreamError that was raised for it.
    """
    unique = list(dict.fromkeys(keys))
    if len(unique) == 1:
        return {unique[0]: await _result(find(unique[0]))}  # without a task
    running = [start_task(_result(find(key))) for key in unique]
    if not all(each.done() for each in running):
        await asyncio.gather(*running, return_exceptions=True)
    return {key: each.result() for key, each in zip(unique, running, strict=True)}


async def _result(work: Awaitable[FoundT]) -> FoundT | UpstreamError:
    try:
        return await work
    except UpstreamError as error:
        return error


async def gather_found(
    keys: Iterable[KeyT], find: Callable[[KeyT], Awaitable[FoundT | None]]
) -> dict[KeyT, FoundT | UpstreamError]:
    """Do the same as `gather_by_key`, and leave out the keys for which `find` returns None."""
    unique = list(dict.fromkeys(keys))
    if len(unique) == 1:
        found = await _result(find(unique[0]))
        return {} if found is None else {unique[0]: found}
    results = await gather_by_key(unique, find)
    return {key: result for key, result in results.items() if result is not None}


def map_found(
    results: Mapping[KeyT, FoundT | UpstreamError], convert: Callable[[FoundT], ItemT]
) -> dict[KeyT, ItemT | UpstreamError]:
    """Convert each result that is not an error."""
    return {
        key: result if isinstance(result, UpstreamError) else convert(result)
        for key, result in results.items()
    }


def unwrap(result: FoundT | UpstreamError) -> FoundT:
    """Return the result, or raise it if it is an error."""
    if isinstance(result, UpstreamError):
        raise result
    return result


def slice_page(
    rows: Sequence[ItemT],
    request: PageRequest,
    is_wanted: Callable[[ItemT], bool] | None = None,
) -> Page[ItemT]:
    """Return one page of a list that is in memory, counting only the wanted items."""
    if is_wanted is None:
        return page_of(len(rows), request, rows.__getitem__)
    wanted = [(end, row) for end, row in enumerate(rows, 1) if is_wanted(row)]
    rest = [(end, row) for end, row in wanted if end > request.offset]
    page = rest[: request.first]
    return Page(
        items=tuple([row for _, row in page]),
        ends=tuple([end for end, _ in page]),
        has_next=len(rest) > request.first,
        total=len(wanted),
    )


def page_of(
    count: int, request: PageRequest, read: Callable[[slice], Sequence[ItemT]]
) -> Page[ItemT]:
    """Return one page of a list of `count` items that is in memory; `read` returns its items."""
    start, stop = request.offset, min(request.offset + request.first, count)
    return Page(
        items=tuple(read(slice(start, stop))),
        ends=tuple(range(start + 1, stop + 1)),
        has_next=count > request.offset + request.first,
        total=count,
    )


def list_implicit_collection(
    collection: ProductCollection, requests: Iterable[CollectionsRequest]
) -> dict[CollectionsRequest, Page[ProductCollection] | UpstreamError]:
    """Return pages of the only collection of a vendor; it is never archived."""

    def page(request: CollectionsRequest) -> Page[ProductCollection]:
        rows: Sequence[ProductCollection] = () if request.archived else (collection,)
        return page_of(len(rows), request.page, rows.__getitem__)

    return {request: page(request) for request in requests}


def is_vendor_failure(error: UpstreamError) -> bool:
    """Return True if the vendor failed, so that a cached answer may be served instead.

    A rejected call is an answer of a working vendor, and a revoked key must not be covered up.
    """
    is_rejected = isinstance(error, Rejected)
    return isinstance(error, Unavailable | Throttled | Malformed) and not is_rejected


@dataclass(slots=True)
class StaleFallback:
    """A failure, and the cached entries that are served instead."""

    reason: UpstreamError
    entries: list[Entry] = field(default_factory=list)

    def report(self, scope: RequestScope) -> None:
        """Record in the request that these entries were served."""
        clear_traceback(self.reason)
        for entry in self.entries:
            scope.note_cached(entry.age)
            scope.note_unreadable(self.reason.provider, entry.decoded.unreadable)
            scope.note_stale(
                Stale(provider=self.reason.provider, age_seconds=int(entry.age), reason=self.reason)
            )


_current: ContextVar[StaleFallback | None] = ContextVar("stale_fallback", default=None)


def current_fallback() -> StaleFallback | None:
    """Return the fallback that reads must be answered from; None if the vendor may be called."""
    return _current.get()


@contextmanager
def serving_stale(reason: UpstreamError) -> Iterator[StaleFallback]:
    """Answer the reads inside from the cache; a read that is not cached raises `reason`."""
    fallback = StaleFallback(reason)
    token = _current.set(fallback)
    try:
        yield fallback
    finally:
        _current.reset(token)


async def find_stale(
    answers: Mapping[KeyT, object],
    read_list: Callable[[], Awaitable[Iterable[ItemT]]],
    key_of: Callable[[ItemT], KeyT],
) -> dict[KeyT, ItemT]:
    """Return rows of a cached list for those keys whose answer is a failure of the vendor.

    `read_list` reads the list; it is answered from the cache, and the vendor is not called.
    """
    failed = {
        key: answer
        for key, answer in answers.items()
        if isinstance(answer, UpstreamError) and is_vendor_failure(answer)
    }
    if not failed:
        return {}
    with serving_stale(next(iter(failed.values()))) as fallback:
        try:
            rows = await read_list()
        except UpstreamError:
            return {}
    found = {key: row for row in rows if (key := key_of(row)) in failed}
    if found:
        fallback.report(current_scope())
    return found
