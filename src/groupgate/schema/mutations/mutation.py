"""Mutation: everything that can be changed."""

import strawberry

from groupgate.schema.mutations.collections import CollectionMutations
from groupgate.schema.mutations.groups import GroupMutations
from groupgate.schema.mutations.memberships import MembershipMutations
from groupgate.schema.mutations.moves import MoveMutations


@strawberry.type(
    description=(
        "Everything that can be changed.\n\n"
        "Mutations of one document run one after another. Each answers with a payload. If the "
        "vendor refused, or the input makes no sense, `userErrors` says why and nothing was "
        "changed. If the vendor could not be reached, the payload is null and `errors` has an "
        "entry with `extensions`: `code` (UPSTREAM_UNAVAILABLE, UPSTREAM_THROTTLED, "
        "UPSTREAM_DENIED, UPSTREAM_PROTOCOL), `provider`, `retryable`, `requestId`."
    )
)
class Mutation(CollectionMutations, GroupMutations, MembershipMutations, MoveMutations):
    """Everything that can be changed."""
