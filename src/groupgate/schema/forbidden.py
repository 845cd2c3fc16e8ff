"""What a caller may not do at one vendor: a top-level error, before anything is looked up."""

from graphql import GraphQLError

from groupgate.domain.refs import ProviderKey
from groupgate.schema.context import Context


def check_may_write(context: Context, key: ProviderKey) -> None:
    """Raise FORBIDDEN unless the caller may change things at this vendor.

    Asked before whether the gateway has the vendor, so that the answer tells nothing about it.
    """
    if key not in context.writable:
        message = f"This needs the scope write:{key.value}."
        raise GraphQLError(message, extensions={"code": "FORBIDDEN"})
