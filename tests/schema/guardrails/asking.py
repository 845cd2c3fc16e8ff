"""How the tests here ask what a document comes to."""

from functools import cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)

from groupgate.schema.build import build_schema
from groupgate.schema.guardrails import (
    Cost,
    DocumentLimits,
    Examined,
    check_document,
    check_text,
    examine,
    validation_rules,
)

UNBOUNDED = DocumentLimits(points=10**30)


@cache
def schema() -> GraphQLSchema:
    """The gateway's own schema."""
    return build_schema()._schema


def only_operation(document: DocumentNode) -> OperationDefinitionNode:
    """The operation of a document that has one."""
    operation = get_operation_ast(document)
    assert operation is not None
    return operation


def examined(text: str, limits: DocumentLimits | None = None, **variables: object) -> Examined:
    """Examine a valid document of one operation."""
    document = parse(text)
    assert validate(schema(), document) == []
    return examine(
        schema(), document, only_operation(document), variables, limits or DocumentLimits()
    )


def cost(text: str, **variables: object) -> Cost:
    """What a valid document of one operation may cost, however much that is."""
    return examined(text, UNBOUNDED, **variables).cost


def refusals(text: str, limits: DocumentLimits | None = None) -> list[GraphQLError]:
    """What is said of a document up to and including its validation."""
    limits = limits or DocumentLimits()
    error = check_text(text, limits)
    if error is not None:
        return [error]
    document = parse(text)
    return check_document(schema(), document, limits) or validate(
        schema(), document, validation_rules(limits), max_errors=20
    )


def told(*errors: GraphQLError | None) -> list[tuple[str, int, int]]:
    """Which limits the errors name, with what was found and what is allowed."""
    told_of = [each.extensions or {} for each in errors if each is not None]
    return [(each["limit"], each["found"], each["allowed"]) for each in told_of if each]
