"""Helpers that check documents against the gateway's own schema."""

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
    Examination,
    Validator,
    check_document,
    check_text,
    examine,
    parse_document,
)

UNLIMITED_POINTS = DocumentLimits(points=10**30)


@cache
def schema() -> GraphQLSchema:
    """Return the gateway's own schema."""
    return build_schema()._schema


def only_operation(document: DocumentNode) -> OperationDefinitionNode:
    """Return the operation of a document that has exactly one."""
    operation = get_operation_ast(document)
    assert operation is not None
    return operation


def examination(
    text: str, limits: DocumentLimits | None = None, **variables: object
) -> Examination:
    """Examine a valid document that has exactly one operation."""
    document = parse(text)
    assert validate(schema(), document) == []
    return examine(
        schema(), document, only_operation(document), variables, limits or DocumentLimits()
    )


def cost(text: str, **variables: object) -> Cost:
    """Return the cost of a valid document that has exactly one operation."""
    return examination(text, UNLIMITED_POINTS, **variables).cost


def text_error(text: str, limits: DocumentLimits) -> GraphQLError | None:
    """Return the error for the first limit that a text exceeds."""
    try:
        check_text(text, limits)
    except GraphQLError as error:
        return error
    return None


def validation_errors(text: str, limits: DocumentLimits | None = None) -> list[GraphQLError]:
    """Return the errors of the checks before execution, up to and including validation."""
    limits = limits or DocumentLimits()
    error = text_error(text, limits)
    if error is not None:
        return [error]
    document = parse_document(text)
    return check_document(schema(), document, limits) or Validator(schema(), limits).validate(
        document
    )


def exceeded(*errors: GraphQLError | None) -> list[tuple[str, int, int]]:
    """Return the limits that the errors name, with the found and the allowed number."""
    extensions = [error.extensions or {} for error in errors if error is not None]
    return [(each["limit"], each["found"], each["allowed"]) for each in extensions if each]
