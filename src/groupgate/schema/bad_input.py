"""Arguments of a query that make no sense: a top-level error, before any vendor is called."""

from graphql import GraphQLError


def bad_input(message: str) -> GraphQLError:
    """Make the error that says what was wrong with an argument and what to do."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
