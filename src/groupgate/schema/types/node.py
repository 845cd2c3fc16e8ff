"""The interface of everything that has an id."""

import strawberry


@strawberry.interface(description="An object which can be fetched again by its id.")
class Node:
    """An object with a global id."""

    id: strawberry.ID = strawberry.field(
        description="Opaque, global and stable. Hand it back as it came; do not take it apart."
    )
