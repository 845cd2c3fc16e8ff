"""Compiles a query into a plan.

The plan learns from the schema's own fields how to read them: an attribute, a method of the type,
or a resolver with arguments. Leaf values are serialised by the schema's scalars and enums.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_abstract_type,
)
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path

from groupgate.app.compiled.fields import (
    ReadObject,
    Resolver,
    attribute_of,
    collect_fields,
    compile_reader,
    has_variables,
    is_node,
    memo_of,
    method_of,
    resolver_of,
    simple_arguments,
)
from groupgate.app.compiled.run import (
    Complete,
    NotCompiled,
    QueryPlan,
    QueryRun,
    RunInfo,
    SelectedField,
    Sink,
)
from groupgate.app.compiled.values import (
    complete_result,
    leaf,
    list_of,
    not_null,
    nullable,
    read_list,
    remember,
    remember_list,
)


def compile_query(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    fragments: dict[str, FragmentDefinitionNode],
    conditions: Mapping[str, bool],
) -> QueryPlan:
    """Compile a valid query for these values of the variables in `@skip` and `@include`.

    Raises NotCompiled if the query selects introspection fields.
    """
    if schema.query_type is None:
        raise NotCompiled
    compiler = _Compiler(schema, fragments, conditions)
    root = compiler.object(schema.query_type, [operation])
    return QueryPlan(schema=schema, operation=operation, fragments=fragments, complete_root=root)


class _Compiler:
    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        conditions: Mapping[str, bool],
    ) -> None:
        self._schema = schema
        self._strawberry: strawberry.Schema = schema._strawberry_schema  # type: ignore[attr-defined] # noqa: SLF001 # set by strawberry
        self._fragments = fragments
        self._conditions = conditions

    def object(
        self, type_: GraphQLObjectType, nodes: Sequence[FieldNode | OperationDefinitionNode]
    ) -> Complete:
        """Compile the selection of an object."""
        collected = collect_fields(self._schema, self._fragments, self._conditions, type_, nodes)
        steps = tuple(
            (key, self._step(type_, field_nodes)) for key, field_nodes in collected.items()
        )
        has_path = any(needs_path for _, (_, needs_path) in steps)
        completes = tuple((key, complete) for key, (complete, _) in steps)

        def complete_object(
            run: QueryRun, source: Any, sink: Sink, key: Any, path: Path | None
        ) -> None:
            result: dict[str, Any] = {}
            sink[key] = result
            for name, complete in completes:
                complete(run, source, result, name, path)

        complete_object.needs_path = has_path  # type: ignore[attr-defined]
        return complete_object

    def _step(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> tuple[Complete, bool]:
        """Compile one field; return how to complete it, and whether it needs its path."""
        name = nodes[0].name.value
        if name == "__typename":
            return _constant(parent.name), False
        field = parent.fields.get(name)
        if field is None or name.startswith("__"):
            raise NotCompiled
        method = method_of(field)
        recall = None if method is None else self._recall_list(method, field.type, nodes)
        if recall is not None:
            return recall, False
        complete = self._complete(field.type, nodes)
        needs_path = getattr(complete, "needs_path", False)
        attribute = attribute_of(field)
        if attribute is not None:
            return _read_attribute(
                attribute, complete, parent.name, needs_path=needs_path
            ), needs_path
        if method is not None:
            return _call_method(method, complete, parent.name), needs_path
        return _call_resolver(field, nodes, parent, complete, self._strawberry), True

    def _complete(self, type_: GraphQLOutputType, nodes: list[FieldNode]) -> Complete:
        if isinstance(type_, GraphQLNonNull):
            return not_null(self._complete(type_.of_type, nodes))
        if isinstance(type_, GraphQLList):
            read = self._reader(type_.of_type, nodes)
            if read is None:
                return list_of(self._complete(type_.of_type, nodes))
            return read_list(remember(read) if is_node(type_.of_type) else read)
        if isinstance(type_, GraphQLScalarType | GraphQLEnumType):
            return leaf(type_)
        if isinstance(type_, GraphQLObjectType):
            return nullable(self.object(type_, nodes))
        if is_abstract_type(type_):
            return nullable(self._abstract(nodes))
        raise NotCompiled

    def _recall_list(
        self, method: Callable[[Any], Any], type_: GraphQLOutputType, nodes: list[FieldNode]
    ) -> Complete | None:
        """Return how to complete a list whose JSON is remembered; None if it is no such list."""
        memo, list_type = memo_of(method), get_nullable_type(type_)
        if memo is None or not isinstance(list_type, GraphQLList):
            return None
        read = self._reader(list_type.of_type, nodes)
        if read is None:
            return None
        recall = remember_list(attrgetter(memo), method, read)

        def complete(_run: QueryRun, source: Any, sink: Sink, key: Any, _path: Path | None) -> None:
            sink[key] = recall(source)

        return complete

    def _reader(self, type_: GraphQLOutputType, nodes: list[FieldNode]) -> ReadObject | None:
        """Return the generated function for the objects of a list, if none of them may be null."""
        if not isinstance(type_, GraphQLNonNull) or not isinstance(
            type_.of_type, GraphQLObjectType
        ):
            return None
        return compile_reader(self._schema, self._fragments, self._conditions, type_.of_type, nodes)

    def _abstract(self, nodes: list[FieldNode]) -> Complete:
        """Compile a selection for each runtime type, when the type is first seen."""
        by_type: dict[type, Complete] = {}

        def complete_abstract(
            run: QueryRun, source: Any, sink: Sink, key: Any, path: Path | None
        ) -> None:
            complete = by_type.get(type(source))
            if complete is None:
                name = type(source).__strawberry_definition__.name
                type_ = self._schema.type_map[name]
                if not isinstance(type_, GraphQLObjectType):
                    raise NotCompiled
                complete = by_type[type(source)] = self.object(type_, nodes)
            complete(run, source, sink, key, path)

        complete_abstract.needs_path = True  # type: ignore[attr-defined]
        return complete_abstract


def _constant(value: str) -> Complete:
    def complete(_run: QueryRun, _source: Any, sink: Sink, key: Any, _path: Path | None) -> None:
        sink[key] = value

    return complete


def _read_attribute(path: str, complete: Complete, type_name: str, *, needs_path: bool) -> Complete:
    get = attrgetter(path)
    if not needs_path:

        def read(run: QueryRun, source: Any, sink: Sink, key: Any, _path: Path | None) -> None:
            complete(run, get(source), sink, key, None)

        return read

    def read_with_path(
        run: QueryRun, source: Any, sink: Sink, key: Any, parent: Path | None
    ) -> None:
        complete(run, get(source), sink, key, Path(parent, key, type_name))

    return read_with_path


def _call_method(method: Callable[[Any], Any], complete: Complete, type_name: str) -> Complete:
    def call(run: QueryRun, source: Any, sink: Sink, key: Any, path: Path | None) -> None:
        own_path = Path(path, key, type_name)
        complete_result(run, method(source), complete, sink, key, own_path)

    return call


def _call_resolver(
    field: GraphQLField,
    nodes: list[FieldNode],
    parent: GraphQLObjectType,
    complete: Complete,
    schema: strawberry.Schema,
) -> Complete:
    resolver = resolver_of(field)
    if resolver is None:
        raise NotCompiled
    function, info_name, definition = resolver.function, resolver.info_name, resolver.definition
    find = _arguments_finder(field, nodes[0], resolver, schema)
    selected = SelectedField(field=field, nodes=nodes, parent=parent, definition=definition)
    type_name = parent.name

    def call(run: QueryRun, source: Any, sink: Sink, key: Any, path: Path | None) -> None:
        own_path = Path(path, key, type_name)
        arguments = find(run)
        if info_name is None:
            result = function(source, **arguments)
        else:
            info = RunInfo(run, selected, own_path)
            result = function(source, **{info_name: info}, **arguments)
        complete_result(run, result, complete, sink, key, own_path)

    return call


def _arguments_finder(
    field: GraphQLField, node: FieldNode, resolver: Resolver, schema: strawberry.Schema
) -> Callable[[QueryRun], dict[str, Any]]:
    """Return what returns the arguments in a run: converted once for each run, or for all."""
    identity = id(node)
    simple = simple_arguments(field, node, resolver, schema)
    constants: dict[str, Any] | None = None

    def find(run: QueryRun) -> dict[str, Any]:
        nonlocal constants
        arguments = run.arguments.get(identity)
        if arguments is not None:
            return arguments
        coerced = run.variables.coerced
        values = {name: coerced.get(variable) for name, variable in simple.items()}
        is_simple = bool(simple) and None not in values.values()
        if constants is not None and is_simple:
            arguments = constants | values
        else:
            general = get_argument_values(field, node, run.variables)
            arguments = resolver.arguments(schema, general)
            if is_simple:
                constants = {name: arguments[name] for name in arguments.keys() - values.keys()}
        run.arguments[identity] = arguments
        return arguments

    if has_variables(node):
        return find
    constant = resolver.arguments(schema, get_argument_values(field, node))
    return lambda _run: constant
