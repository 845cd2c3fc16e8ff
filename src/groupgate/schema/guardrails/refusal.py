"""The error that says which limit a document breaks."""

from graphql import GraphQLError


def too_complex(limit: str, found: int, allowed: int, message: str) -> GraphQLError:
    """Make the error; `limit` is the name of a field of `Limits`."""
    extensions = {
        "code": "DOCUMENT_TOO_COMPLEX",
        "limit": limit,
        "found": found,
        "allowed": allowed,
    }
    return GraphQLError(message, extensions=extensions)


def too_many(limit: str, found: int, allowed: int, things: str) -> GraphQLError:
    """Make the error for something that can be counted."""
    message = f"The document has {found:,} {things}; at most {allowed:,} are allowed."
    return too_complex(limit, found, allowed, message)
