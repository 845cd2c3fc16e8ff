"""What the payloads of all mutations have in common: what is there now, why not, and the calls."""

from typing import Final, Protocol

import strawberry

from groupgate.commands.runner import MutationResult
from groupgate.domain import planner
from groupgate.domain.refs import CollectionRef, GroupRef
from groupgate.schema.context import Info
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError, user_errors

PLAN: Final = "The calls to the vendor that were made, or with `dryRun` would be made."


@strawberry.type(description="One write to a vendor.")
class PlannedCall:
    """One write to a vendor."""

    method: str = strawberry.field(description="HTTP method.")
    path: str = strawberry.field(description="Path at the vendor, below its base URL.")
    description: str = strawberry.field(description="What it does, in words; no secrets.")

    @classmethod
    def of(cls, call: planner.PlannedWrite) -> "PlannedCall":
        """Show a call of a plan."""
        return cls(method=call.method, path=call.path, description=call.description)


class Ended(Protocol):
    """What every payload is made of."""

    result: MutationResult


def format_user_errors(root: Ended) -> list[UserError]:
    """Resolve `userErrors`."""
    return user_errors(root.result.refusals)


def format_plan(root: Ended) -> list[PlannedCall] | None:
    """Resolve `plan`."""
    return [PlannedCall.of(call) for call in root.result.calls]


async def load_group(info: Info, ref: GroupRef | None) -> Group | None:
    """Read a group as it is now; None, without a call, if there is none to read."""
    if ref is None:
        return None
    found = await info.context.loaders.of(ref.provider).groups.load(ref)
    return None if found is None else Group.of(found)


async def load_collection(info: Info, ref: CollectionRef | None) -> ProductCollection | None:
    """Read a collection as it is now; None, without a call, if there is none to read."""
    if ref is None:
        return None
    found = await info.context.loaders.of(ref.provider).collections.load(ref)
    return None if found is None else ProductCollection.of(found)


class AboutGroup(Protocol):
    """A payload that shows a group."""

    ref: GroupRef | None


class AboutCollection(Protocol):
    """A payload that shows a collection."""

    ref: CollectionRef | None


async def format_group(root: AboutGroup, info: Info) -> Group | None:
    """Resolve `group`."""
    return await load_group(info, root.ref)


async def format_collection(root: AboutCollection, info: Info) -> ProductCollection | None:
    """Resolve `productCollection`."""
    return await load_collection(info, root.ref)


@strawberry.type(description="Outcome of a change of a group.")
class GroupPayload:
    """What most mutations of a group answer; without a `ref` no group is shown."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[GroupRef | None]

    group: Group | None = strawberry.field(
        resolver=format_group, description="The group as it is now; null if it was not found."
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was changed; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)


@strawberry.type(description="Outcome of a change of a collection.")
class CollectionPayload:
    """What most mutations of a collection answer; without a `ref` no collection is shown."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[CollectionRef | None]

    product_collection: ProductCollection | None = strawberry.field(
        resolver=format_collection,
        description="The collection as it is now; null if it was not found.",
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=format_user_errors, description="Why nothing was changed; empty on success."
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=format_plan, description=PLAN)
