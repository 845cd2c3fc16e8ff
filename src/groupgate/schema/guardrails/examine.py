"""Parsed documents and operations, held against the limits. All limits broken are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
)

from groupgate.schema.guardrails.arguments import Arguments
from groupgate.schema.guardrails.cost import Cost
from groupgate.schema.guardrails.limits import DocumentLimits
from groupgate.schema.guardrails.measure import Measure, measure
from groupgate.schema.guardrails.refusal import too_complex, too_many

_THINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "operations": "operations",
        "depth": "levels of fields",
        "fields": "fields",
        "aliases": "aliases",
        "directives": "directives",
        "introspections": "introspections",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What an operation may cost, and why it is refused; no errors if it is not."""

    errors: list[GraphQLError]
    cost: Cost


def check_document(
    schema: GraphQLSchema, document: DocumentNode, limits: DocumentLimits
) -> list[GraphQLError]:
    """Tell which limits a document breaks, all operations taken together.

    Made to be called before validation, whose time grows with what is limited here.
    """
    operations = [
        each for each in document.definitions if isinstance(each, OperationDefinitionNode)
    ]
    fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    found = measure(schema, document, [*operations, *fragments], Arguments(None, {}))
    return _broken(found, limits)


def examine(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, object],
    limits: DocumentLimits,
) -> Examined:
    """Tell what one operation of a document may cost, and which limits it breaks.

    The variables may be as they came: they need not have been checked or coerced.
    """
    found = measure(schema, document, [operation], Arguments(operation, variables))
    cost = Cost.of(found)
    return Examined(errors=_broken(found, limits) + _too_dear(cost, limits), cost=cost)


def _broken(found: Measure, limits: DocumentLimits) -> list[GraphQLError]:
    return [
        too_many(limit, getattr(found, limit), getattr(limits, limit), things)
        for limit, things in _THINGS.items()
        if getattr(found, limit) > getattr(limits, limit)
    ]


def _too_dear(cost: Cost, limits: DocumentLimits) -> list[GraphQLError]:
    if cost.points <= limits.points:
        return []
    message = (
        f"The operation may answer {cost.rows:,} rows and take {cost.upstream_calls:,} calls to "
        f"vendors, which is {cost.points:,} points; at most {limits.points:,} are allowed. Ask "
        "for fewer with `first`, or for fewer fields."
    )
    return [too_complex("points", cost.points, limits.points, message)]
