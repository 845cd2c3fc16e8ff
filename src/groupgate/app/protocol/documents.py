"""Documents: the text that a request asks for, parsed and validated; the operation to execute."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from sys import getsizeof
from typing import Any, Final

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    get_nullable_type,
    get_operation_ast,
    get_variable_values,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource
from msgspec import Struct

from groupgate.app.protocol.request_error import (
    BAD_VARIABLES,
    INVALID,
    NOT_PERSISTED,
    NOT_WELL_FORMED,
    UNPARSED,
    UNREADABLE,
    UNRESOLVED,
    WRONG_METHOD,
    RequestError,
)
from groupgate.app.protocol.requests import Parameters, persisted_query
from groupgate.schema.guardrails import (
    MAX_ERRORS,
    Cost,
    DocumentLimits,
    NoEmptySelections,
    NoIntrospection,
    Validator,
    check_document,
    check_text,
    examine,
    parse_document,
)
from groupgate.stores import DocumentStore

TOKENS_PER_POINT: Final = 50
"""Tokens of a document that cost one point: parsing and validating them takes up to 0.5 ms."""

Charge = Callable[[int], Awaitable[None]]
"""Takes points from the caller."""

MAX_CACHED_BYTES: Final = 16 * 1024 * 1024
"""Memory of the valid documents that are kept, estimated from their texts and tokens."""
DOCUMENT_OVERHEAD: Final = 2_000
"""Bytes that a document takes besides its text and its nodes: costs, types of variables."""
BYTES_PER_TOKEN: Final = 400
"""Bytes of the nodes, locations and tokens of a document for each token; measured: 330 to 620."""
MAX_COSTS: Final = 20
"""The most costs that are kept for a document; few operations are sent with more page sizes."""

_PERSISTED_VERSION: Final = 1


class PersistedDocuments:
    """Automatic persisted queries, with the protocol of Apollo's clients.

    A client sends the hash of a document alone, receives PERSISTED_QUERY_NOT_FOUND if the hash is
    unknown, and sends the hash again together with the document. Any document may be executed.
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    async def find(self, parameters: Parameters) -> str:
        """Return the document in the request, or the stored document of the hash in it."""
        persisted = persisted_query(parameters)
        if persisted is None:
            return _require_document(parameters.query)
        if persisted.version != _PERSISTED_VERSION:
            message = "Only version 1 of persisted queries is supported."
            raise RequestError.with_message(UNREADABLE, message)
        if parameters.query is None:
            return _require_stored(await self._store.get(persisted.sha256_hash))
        if sha256(parameters.query.encode()).hexdigest() != persisted.sha256_hash:
            message = "`sha256Hash` is not the SHA-256 hash of the document."
            raise RequestError.with_message(UNREADABLE, message)
        return parameters.query

    async def accept(self, parameters: Parameters) -> None:
        """Store the document of the request if it came with its hash."""
        persisted = persisted_query(parameters)
        if persisted is not None and parameters.query is not None:
            await self._store.set(persisted.sha256_hash, parameters.query)

    def reload(self) -> None:
        """Do nothing: the documents are those of clients."""


def _require_document(text: str | None) -> str:
    if text is None:
        message = "The request has no document: `query` is missing."
        raise RequestError.with_message(NOT_WELL_FORMED, message)
    return text


def _require_stored(text: str | None) -> str:
    if not text:
        # Apollo's clients look for exactly this message.
        raise RequestError.with_message(NOT_PERSISTED, "PersistedQueryNotFound")
    return text


class Documents:
    """Parses and validates the documents of one schema, and caches the valid ones."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: DocumentLimits,
        *,
        introspection: bool,
        suggestions: bool,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._validator = Validator(
            schema,
            limits,
            more_rules=[NoEmptySelections, *([] if introspection else [NoIntrospection])],
            suggestions=suggestions,
        )
        self._cache: LRUCache[str, PreparedDocument] = LRUCache(
            MAX_CACHED_BYTES, lambda document: document.size
        )

    async def read(self, text: str, charge: Charge) -> "PreparedDocument":
        """Return the document of a text, after charging its points unless it is cached.

        Raises RequestError if the document is not valid or exceeds a limit.
        """
        if text in self._cache:
            document: PreparedDocument = self._cache[text]
            return document
        tokens = self._count_tokens(text)
        await charge(tokens // TOKENS_PER_POINT)
        return self._prepare(text, tokens)

    def check(self, text: str) -> None:
        """Raise RequestError if `read` would; a valid document is cached."""
        if text not in self._cache:
            self._prepare(text, self._count_tokens(text))

    def _prepare(self, text: str, tokens: int) -> "PreparedDocument":
        node = self._parse_and_validate(text)
        size = DOCUMENT_OVERHEAD + getsizeof(text) + BYTES_PER_TOKEN * tokens
        document = PreparedDocument(self._schema, self._limits, node, size)
        with suppress(ValueError):  # the document is larger than the whole cache
            self._cache[text] = document
        return document

    def _count_tokens(self, text: str) -> int:
        try:
            return check_text(text, self._limits)
        except GraphQLError as error:
            raise RequestError.from_graphql(INVALID, [error]) from None

    def _parse_and_validate(self, text: str) -> DocumentNode:
        try:
            document = parse_document(text)
        except GraphQLError as error:
            raise RequestError.from_graphql(UNPARSED, [error]) from None
        # Limits first: validation of a document that exceeds them takes long.
        errors = check_document(self._schema, document, self._limits)
        errors = errors or self._validator.validate(document)
        if errors:
            raise RequestError.from_graphql(INVALID, errors)
        return document


class PreparedDocument:
    """A valid document, with the costs of its operations for the variables used so far."""

    def __init__(
        self, schema: GraphQLSchema, limits: DocumentLimits, node: DocumentNode, size: int
    ) -> None:
        self.node = node
        self.size = size
        """The bytes that it takes in memory, estimated."""
        self._schema = schema
        self._limits = limits
        self._costs: dict[tuple[object, ...], Cost] = {}
        self._operations: dict[str | None, PreparedOperation] = {}

    def operation(self, name: str | None) -> "PreparedOperation":
        """Return the operation; raise like `select_operation`."""
        found = self._operations.get(name)
        if found is None:
            node = select_operation(self.node, name)
            found = self._operations[name] = PreparedOperation(self._schema, node)
        return found

    def cost(self, operation: OperationDefinitionNode, variables: Mapping[str, object]) -> Cost:
        """Return the cost of one operation; raise RequestError if it exceeds a limit."""
        key: tuple[object, ...] = (id(operation),)
        for definition in operation.variable_definitions or ():
            name = definition.variable.name.value
            if name in variables:
                key += name, _cost_class(variables[name])
        cost = self._costs.get(key)
        if cost is None:
            found = examine(self._schema, self.node, operation, variables, self._limits)
            if found.errors:
                raise RequestError.from_graphql(INVALID, found.errors)
            if len(self._costs) >= MAX_COSTS:
                self._costs.clear()
            cost = self._costs[key] = found.cost
        return cost


def _cost_class(value: object) -> object:
    """Return what a cost depends on in a variable's value: equal classes have equal costs."""
    if type(value) is str:
        return str
    if isinstance(value, list | tuple | dict):
        return type(value), len(value)
    return type(value), value


class Operation(Struct, frozen=True):
    """An operation that has passed every check, with variables of the right types."""

    text: str
    document: DocumentNode
    name: str | None
    node: OperationDefinitionNode
    variables: Mapping[str, Any]
    """As the client sent them."""
    coerced: VariableValues
    cost: Cost

    @property
    def is_mutation(self) -> bool:
        """True if the operation may change something."""
        return self.node.operation is OperationType.MUTATION


class PreparedOperation:
    """One operation of a document, and the types of its variables."""

    def __init__(self, schema: GraphQLSchema, node: OperationDefinitionNode) -> None:
        self.node = node
        self._schema = schema
        self._simple = _simple_variables(schema, node)

    def coerce(self, variables: Mapping[str, Any], *, suggestions: bool) -> VariableValues:
        """Return the variables as their types; raise RequestError if one is wrong."""
        found = self._coerce_simple(variables)
        if found is not None:
            return found
        result = get_variable_values(
            self._schema,
            self.node.variable_definitions or (),
            dict(variables),
            max_errors=MAX_ERRORS,
            hide_suggestions=not suggestions,
        )
        if isinstance(result, list):
            raise RequestError.from_graphql(BAD_VARIABLES, result)
        return result

    def _coerce_simple(self, variables: Mapping[str, Any]) -> VariableValues | None:
        """Return the variables if all are given as what they are coerced to; else None."""
        if self._simple is None:
            return None
        values = VariableValues({}, {})
        for name, python_type, signature in self._simple:
            value = variables.get(name)
            if type(value) is not python_type:
                return None
            values.sources[name] = VariableValueSource(signature, value)
            values.coerced[name] = value
        return values


_SimpleVariable = tuple[str, type, GraphQLVariableSignature]
_SIMPLE_TYPES: Final[Mapping[object, type]] = {
    GraphQLBoolean: bool,
    GraphQLID: str,
    GraphQLString: str,
}


def _simple_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode
) -> tuple[_SimpleVariable, ...] | None:
    """Return name, type and signature of each variable; None if one has another type."""
    found: list[_SimpleVariable] = []
    for definition in operation.variable_definitions or ():
        signature = get_variable_signature(schema, definition)
        if isinstance(signature, GraphQLError):
            return None
        python_type = _SIMPLE_TYPES.get(get_nullable_type(signature.type))
        if python_type is None:
            return None
        found.append((signature.name, python_type, signature))
    return tuple(found)


def select_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """Return the operation of this name, or the only one.

    Raises RequestError if there is no such operation, or several and no name.
    """
    operation = get_operation_ast(document, name)
    if operation is None and name is None:
        message = "The document has several operations; name one in `operationName`."
        raise RequestError.with_message(UNRESOLVED, message)
    if operation is None:
        message = "The document has no operation with this `operationName`."
        raise RequestError.with_message(UNRESOLVED, message)
    return operation


def check_is_query(operation: OperationDefinitionNode) -> None:
    """Raise RequestError unless the operation is a query: a GET must not change anything."""
    if operation.operation is not OperationType.QUERY:
        message = f"A {operation.operation.value} must be sent by POST."
        raise RequestError.with_message(WRONG_METHOD, message, {"Allow": "POST"})
