"""The JSON of objects and lists that were read before, kept with the objects of the domain."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

import msgspec
from msgspec import Raw

from groupgate.domain.catalog import Memo

MAX_REMEMBERED_BYTES: Final = 500
"""The longest JSON of an object that is kept: `MEMORY_PER_BODY_BYTE` of the cache counts it."""

_selections = count(1)


def remember(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that does not read an object of the catalogue again for each response.

    `read` returns what a selection contains of an object, whose `entity` never changes. The entity
    keeps the JSON of the selection that was last read twice in a row.
    """
    selection = next(_selections)

    def read_or_recall(item: Any) -> Any:
        memo = getattr(item.entity, "memo", None)
        if memo is None:
            return read(item)
        if memo.selection != selection:
            memo.selection, memo.json = selection, None
            return read(item)
        if memo.json is not None:
            return memo.json
        found = read(item)
        encoded = msgspec.json.encode(found)
        if len(encoded) <= MAX_REMEMBERED_BYTES:
            memo.json = Raw(encoded)
        return found

    return read_or_recall


def remember_list(
    memo_of: Callable[[Any], Memo],
    items_of: Callable[[Any], Sequence[Any]],
    read: Callable[[Any], Any],
) -> Callable[[Any], Any]:
    """Return a function that does the same as `remember` for the objects of a list at once.

    `memo_of` returns the memo of a list that never changes, and `items_of` its items. The JSON of
    the list takes the place of those of its objects, so that the memory stays the same.
    """
    selection = next(_selections)
    read_one = remember(read)

    def read_or_recall(source: Any) -> Any:
        memo = memo_of(source)
        if memo.selection != selection:
            memo.selection, memo.json = selection, None
            return [read_one(item) for item in items_of(source)]
        if memo.json is not None:
            return memo.json
        items = items_of(source)
        found = [read(item) for item in items]
        encoded = msgspec.json.encode(found)
        if len(encoded) <= MAX_REMEMBERED_BYTES * len(items):
            memo.json = Raw(encoded)
            for item in items:
                item.entity.memo.json = None
        return found

    return read_or_recall
