"""One aiodataloader over one reading method of one vendor's port."""

from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any, TypeVar

from aiodataloader import DataLoader

from groupgate.domain.errors import UpstreamError
from groupgate.domain.provider import Answers

AskT = TypeVar("AskT", bound=Hashable)
FoundT = TypeVar("FoundT")

Read = Callable[[Sequence[AskT]], Coroutine[Any, Any, Answers[AskT, FoundT]]]


class BatchLoader(DataLoader[AskT, FoundT | None]):
    """Collects the asks of one tick into one read; an ask without an answer loads None.

    An error that is the answer of one ask fails that ask only.
    """

    def __init__(self, read: Read[AskT, FoundT]) -> None:
        self._read = read
        super().__init__()

    async def batch_load_fn(  # type: ignore[override] # aiodataloader raises what is an exception
        self, asks: list[AskT]
    ) -> list[FoundT | UpstreamError | None]:
        """Read once, and put the answers in the order of the asks."""
        answers = await self._read(asks)
        return [answers.get(ask) for ask in asks]
