"""One call for each of several asks, at the same time; where one fails, only that one fails."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from groupgate.domain.errors import UpstreamError

AskT = TypeVar("AskT")
FoundT = TypeVar("FoundT")


async def each(
    asks: Iterable[AskT], find: Callable[[AskT], Awaitable[FoundT]]
) -> dict[AskT, FoundT | UpstreamError]:
    """Return what `find` gives for each different ask, or the UpstreamError it raised."""
    unique = list(dict.fromkeys(asks))
    answers = await asyncio.gather(*map(find, unique), return_exceptions=True)
    found: dict[AskT, FoundT | UpstreamError] = {}
    for ask, answer in zip(unique, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, UpstreamError):
            raise answer
        found[ask] = answer
    return found
