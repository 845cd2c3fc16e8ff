"""The operation of a document that is to be executed, and whether its variables fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    get_variable_values,
)

from groupgate.app.protocol.documents import MOST_ERRORS
from groupgate.app.protocol.request_error import (
    BAD_VARIABLES,
    UNRESOLVED,
    WRONG_METHOD,
    RequestError,
)
from groupgate.schema.guardrails import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation that has passed every check, with variables that fit it."""

    text: str
    document: DocumentNode
    name: str | None
    node: OperationDefinitionNode
    variables: Mapping[str, Any]
    cost: Cost

    @property
    def is_mutation(self) -> bool:
        """Whether it may change something."""
        return self.node.operation is OperationType.MUTATION


def choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of this name, or the only one; refuse if it cannot be told."""
    operation = get_operation_ast(document, name)
    if operation is None and name is None:
        message = "The document has several operations: name one of them in `operationName`."
        raise RequestError.saying(UNRESOLVED, message)
    if operation is None:
        raise RequestError.saying(
            UNRESOLVED, "The document has no operation of this `operationName`."
        )
    return operation


def check_safe(operation: OperationDefinitionNode) -> None:
    """Refuse all but queries: a GET must not change anything."""
    if operation.operation is not OperationType.QUERY:
        message = f"A {operation.operation.value} has to be sent by POST."
        raise RequestError.saying(WRONG_METHOD, message, {"Allow": "POST"})


def check_variables(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    given: Mapping[str, Any],
    *,
    suggestions: bool,
) -> None:
    """Refuse variables that do not fit the operation's definitions of them."""
    found = get_variable_values(
        schema,
        operation.variable_definitions or (),
        dict(given),
        max_errors=MOST_ERRORS,
        hide_suggestions=not suggestions,
    )
    if isinstance(found, list):
        raise RequestError.of(BAD_VARIABLES, found)
