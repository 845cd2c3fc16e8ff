"""The audit log: one line of JSON for each mutation that may have changed something at a vendor.

It is a file or standard output, apart from the log: neither its level nor its format changes it,
and no line is left out. A line has the ids in the mutation's arguments.
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from typing import Any, Final

import msgspec
import structlog
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    value_from_ast_untyped,
)
from structlog.contextvars import get_contextvars

from groupgate.app.protocol.documents import Operation
from groupgate.configuration.model import Misconfigured
from groupgate.observer import EndedRequest, SilentObserver, Write

STANDARD_OUTPUT: Final = "-"

_APPLIED: Final = "APPLIED"
_NOT_APPLIED: Final = "NOT_APPLIED"
_UNKNOWN: Final = "UNKNOWN"

_log = structlog.get_logger()


class AuditLog(SilentObserver):
    """Writes the lines to a file, which another program may move away, or to standard output.

    `note_failure` is called for a line that could not be written. Raises Misconfigured if the file
    cannot be opened.
    """

    def __init__(self, target: str, note_failure: Callable[[], None]) -> None:
        self._handler = _open(target)
        self._handler.note_failure = note_failure

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # a full disk has been reported before
            self._handler.close()

    def request_ended(self, request: EndedRequest) -> None:
        """Write a line, unless no write of the request can have changed anything."""
        outcome = outcome_of(request.writes)
        if outcome == _NOT_APPLIED:
            return
        trace_id = get_contextvars().get("trace_id")
        line = {
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "event": "mutation",
            "request_id": request.request_id,
            **({"trace_id": trace_id} if trace_id else {}),
            "caller": request.caller,
            "operation": request.operation_name,
            "ids": request.ids,
            "writes": [
                {
                    **write.provider.labels,
                    "method": write.method,
                    "path": write.path,
                    "outcome": write.outcome,
                }
                for write in request.writes
            ],
            "outcome": outcome,
            "status": request.status,
            "codes": request.codes,
        }
        text = msgspec.json.encode(line).decode()
        self._handler.handle(logging.makeLogRecord({"msg": text}))


def outcome_of(writes: Sequence[Write]) -> str:
    """Return what became of all writes: APPLIED, PARTLY_APPLIED, NOT_APPLIED or UNKNOWN."""
    outcomes = {write.outcome for write in writes}
    if _UNKNOWN in outcomes:
        return _UNKNOWN
    if outcomes == {_APPLIED, _NOT_APPLIED}:
        return "PARTLY_APPLIED"
    return _APPLIED if _APPLIED in outcomes else _NOT_APPLIED


class _Reporting(logging.Handler):
    """Reports lines that cannot be written, instead of printing a traceback."""

    note_failure: Callable[[], None]

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Log the line that is lost, and count it."""
        self.note_failure()
        _log.error("audit_failed", problem=str(sys.exception()), line=record.msg)


class _FileHandler(_Reporting, WatchedFileHandler):
    """Appends to a file; opens it again if it was moved away."""


class _OutputHandler(_Reporting, logging.StreamHandler):  # type: ignore[type-arg] # not at run time
    """Writes to standard output."""


def _open(target: str) -> _FileHandler | _OutputHandler:
    if target == STANDARD_OUTPUT:
        return _OutputHandler(sys.stdout)
    try:
        return _FileHandler(target, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"GROUPGATE_AUDIT_LOG: {target}: {error.strerror}.") from None


def ids_in(schema: GraphQLSchema, operation: Operation) -> tuple[str, ...]:
    """Return the ids in the arguments of a mutation's own fields, each once, as they were sent.

    A visitor of graphql-core would leave a reference cycle behind.
    """
    fragments = {
        node.name.value: node
        for node in operation.document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    found = (
        id_
        for field in _fields(operation.node.selection_set, fragments)
        for id_ in _ids_of(schema, field, operation.variables)
    )
    return tuple(dict.fromkeys(found))


def _fields(
    selections: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """Yield the fields of a selection set and of the fragments in it."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments[node.name.value].selection_set, fragments)


def _ids_of(schema: GraphQLSchema, field: FieldNode, variables: Mapping[str, Any]) -> Iterator[str]:
    mutation = schema.mutation_type
    definition = mutation.fields.get(field.name.value) if mutation else None
    if definition is None:  # __typename
        return
    for argument in field.arguments or ():
        kind = definition.args[argument.name.value].type
        yield from _ids_in(kind, value_from_ast_untyped(argument.value, dict(variables)))


def _ids_in(kind: object, value: Any) -> Iterator[str]:
    """Yield the ids in a value of this input type."""
    if isinstance(kind, GraphQLNonNull):
        yield from _ids_in(kind.of_type, value)
    elif isinstance(kind, GraphQLList):
        for item in value if isinstance(value, list) else [value]:
            yield from _ids_in(kind.of_type, item)
    elif isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict):
        for name, field in kind.fields.items():
            yield from _ids_in(field.type, value.get(name))
    elif isinstance(kind, GraphQLScalarType) and kind.name == "ID" and isinstance(value, str | int):
        yield str(value)
