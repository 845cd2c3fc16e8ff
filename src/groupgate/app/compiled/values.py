"""Functions that complete the values of fields (GraphQL specification, CompleteValue)."""

from functools import partial
from typing import Any

from graphql import GraphQLEnumType, GraphQLScalarType
from graphql.pyutils import Path

from groupgate.app.compiled.fields import TEXT_TYPES, ReadObject
from groupgate.app.compiled.run import (
    Complete,
    NotCompiled,
    QueryRun,
    Sink,
    close_coroutines,
    is_awaitable,
)


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
