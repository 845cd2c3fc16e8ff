"""The root type `Mutation`. Each mutation decodes its arguments and runs a command."""

import strawberry

from groupgate.schema.mutations.collections import CollectionMutations
from groupgate.schema.mutations.groups import GroupMutations
from groupgate.schema.mutations.memberships import MembershipMutations
from groupgate.schema.mutations.moves import MoveMutations


@strawberry.type(
    description=(
        "All mutations.\n\n"
        "The mutations of one document run one after another. Each returns a payload. If the input "
        "is invalid or the vendor refuses the change, nothing is changed and `userErrors` gives "
        "the reasons. An IncompleteError in `userErrors` says that only part of a change was made. "
        "If the vendor fails before anything is changed, or its response to a change is lost, the "
        "payload is null and `errors` has an entry with these `extensions`: `code` "
        "(UPSTREAM_UNAVAILABLE, UPSTREAM_THROTTLED, UPSTREAM_DENIED or UPSTREAM_PROTOCOL), "
        "`outcome` (NOT_APPLIED, or UNKNOWN if the change may have been made), `provider`, "
        "`retryable` and `requestId`."
    )
)
class Mutation(CollectionMutations, GroupMutations, MembershipMutations, MoveMutations):
    """All mutations."""
