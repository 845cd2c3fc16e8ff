"""Arguments that many mutations share."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

GroupId = Annotated[strawberry.ID, strawberry.argument(description="The group to change.")]

CollectionId = Annotated[
    strawberry.ID, strawberry.argument(description="The collection to change.")
]

OwnProductIds = Annotated[
    Sequence[strawberry.ID],
    strawberry.argument(description="At most 100, all of the group's own provider."),
]

IfRevision = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "Refuse with STALE, and write nothing, unless the object still has this revision."
        )
    ),
]

DryRun = Annotated[
    bool,
    strawberry.argument(
        description="Check and plan, but write nothing; `plan` tells what would be done."
    ),
]
