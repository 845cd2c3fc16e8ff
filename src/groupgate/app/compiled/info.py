"""The info that resolvers receive."""

from functools import cached_property
from typing import Any, cast

import strawberry
from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLResolveInfo
from graphql.pyutils import Path
from msgspec import Struct
from strawberry.types.field import StrawberryField

from groupgate.app.compiled.run import QueryRun, is_awaitable


class SelectedField(Struct, frozen=True, kw_only=True):
    """A field of a plan that has a resolver."""

    field: GraphQLField
    nodes: list[FieldNode]
    parent: GraphQLObjectType
    definition: StrawberryField


class RunInfo(strawberry.Info[Any, None]):
    """The info of one field in one run.

    Resolvers read its context and its path; graphql-core's info, which has the rest, is made when
    something else is read.
    """

    context: Any = None
    path: Any = None

    def __init__(self, run: QueryRun, selected: SelectedField, path: Path) -> None:
        self.context = run.context
        self.path = path
        self._run = run
        self._selected = selected
        self._field = selected.definition

    @cached_property
    def _raw_info(self) -> GraphQLResolveInfo[Any]:  # type: ignore[override] # a field of Info
        selected, plan = self._selected, self._run.plan
        return GraphQLResolveInfo(
            selected.nodes[0].name.value,
            selected.nodes,
            selected.field.type,
            selected.parent,
            self.path,
            plan.schema,
            plan.fragments,
            None,
            plan.operation,
            cast("Any", self._run.variables.coerced),
            self.context,
            is_awaitable,
            None,
            cast("Any", None),
        )
