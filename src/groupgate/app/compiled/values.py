"""Functions that complete the values of fields (GraphQL specification, CompleteValue).

The JSON of objects and lists that were read before is kept with the objects of the domain.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, Final

import msgspec
from graphql import GraphQLEnumType, GraphQLScalarType
from graphql.pyutils import Path
from msgspec import Raw

from groupgate.app.compiled.fields import TEXT_TYPES, ReadObject
from groupgate.app.compiled.run import (
    Complete,
    NotCompiled,
    QueryRun,
    Sink,
    close_coroutines,
    is_awaitable,
)
from groupgate.domain.catalog import Memo


def complete_result(  # noqa: PLR0913, PLR0917 - the arguments of Complete, and the function
    run: QueryRun, result: Any, complete: Complete, sink: Sink, key: Any, path: Path
) -> None:
    """Complete what a field returned, later if it has to be awaited."""
    if is_awaitable(result):
        sink[key] = None  # The place of the key in the response is that of the field.
        run.complete_later(result, lambda value: complete(run, value, sink, key, path))
    else:
        complete(run, result, sink, key, path)


def not_null(complete: Complete) -> Complete:
    """Return how to complete a value that must not be null."""

    def complete_not_null(
        run: QueryRun, value: Any, sink: Sink, key: Any, path: Path | None
    ) -> None:
        if value is None:
            raise NotCompiled
        complete(run, value, sink, key, path)

    complete_not_null.needs_path = getattr(complete, "needs_path", False)  # type: ignore[attr-defined]
    return complete_not_null


def nullable(complete: Complete) -> Complete:
    """Return how to complete an object that may be null."""

    def complete_nullable(
        run: QueryRun, value: Any, sink: Sink, key: Any, path: Path | None
    ) -> None:
        if value is None:
            sink[key] = None
        elif isinstance(value, Exception):
            raise NotCompiled
        else:
            complete(run, value, sink, key, path)

    complete_nullable.needs_path = getattr(complete, "needs_path", False)  # type: ignore[attr-defined]
    return complete_nullable


def read_list(read: ReadObject) -> Complete:
    """Return how to complete a list whose objects `read` reads."""

    def complete_list(_run: QueryRun, value: Any, sink: Sink, key: Any, _path: Path | None) -> None:
        sink[key] = None if value is None else [read(item) for item in value]

    return complete_list


def list_of(complete: Complete) -> Complete:
    """Return how to complete a list, item by item."""
    needs_path = getattr(complete, "needs_path", False)

    def complete_list(run: QueryRun, value: Any, sink: Sink, key: Any, path: Path | None) -> None:
        if value is None:
            sink[key] = None
            return
        result: list[Any] = [None] * len(value)
        sink[key] = result
        try:
            for index, item in enumerate(value):
                own_path = Path(path, index, None) if needs_path else None
                if is_awaitable(item):
                    later = partial(_complete_item, run, complete, result, index, own_path)
                    run.complete_later(item, later)
                else:
                    complete(run, item, result, index, own_path)
        except Exception:
            close_coroutines(value)
            raise

    complete_list.needs_path = needs_path  # type: ignore[attr-defined]
    return complete_list


def _complete_item(  # noqa: PLR0913, PLR0917 - the arguments of Complete, in another order
    run: QueryRun, complete: Complete, sink: Sink, key: Any, path: Path | None, value: Any
) -> None:
    complete(run, value, sink, key, path)


def leaf(type_: GraphQLScalarType | GraphQLEnumType) -> Complete:
    """Return how to complete a scalar or an enum's value."""
    serialize = type_.coerce_output_value
    exact = str if type_ in TEXT_TYPES else None

    def complete_leaf(_run: QueryRun, value: Any, sink: Sink, key: Any, _path: Path | None) -> None:
        if value is None or type(value) is exact:
            sink[key] = value
            return
        serialized = serialize(value)
        if serialized is None:
            raise NotCompiled
        sink[key] = serialized

    return complete_leaf


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
