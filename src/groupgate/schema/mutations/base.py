"""The parts that mutations share: arguments, payloads, and running a command."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol, TypeVar

import strawberry

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.commands.validation import Move
from groupgate.domain import planner
from groupgate.domain.errors import Refused
from groupgate.domain.refs import (
    AccountKey,
    CollectionRef,
    GroupRef,
    NamedAccount,
    ProviderKey,
    Ref,
)
from groupgate.domain.refusals import Field, InvalidInput, NotFound, UserErrorCode
from groupgate.schema.context import Context, Info, begin_loading, unset_to_none
from groupgate.schema.errors import forbidden
from groupgate.schema.ids import NOUNS, ProviderRef, try_decode_id
from groupgate.schema.inputs import MoveInput
from groupgate.schema.types.collection import ProductCollection
from groupgate.schema.types.group import Group
from groupgate.schema.user_errors import UserError, to_user_errors

RefT = TypeVar("RefT", CollectionRef, GroupRef)

# Arguments

GroupId = Annotated[
    strawberry.ID, strawberry.argument(description="The id of the group to change.")
]

CollectionId = Annotated[
    strawberry.ID, strawberry.argument(description="The id of the collection to change.")
]

ProductIds = Annotated[
    Sequence[strawberry.ID],
    strawberry.argument(
        description="The ids of the products, at most 100. They must belong to the group's vendor."
    ),
]

Moves = Annotated[
    Sequence[MoveInput] | None,
    strawberry.argument(
        description=(
            "The moves that make the new order, at most 100. Each applies to the order that the "
            "move before it left, the first one to the present order. The same id may be moved "
            "more than once. Exactly one of the list of ids and the list of moves is required."
        )
    ),
]

IfRevision = Annotated[
    str | None,
    strawberry.argument(
        description=(
            "If the object no longer has this revision, the mutation is refused with STALE and "
            "nothing is changed."
        )
    ),
]

DryRun = Annotated[
    bool,
    strawberry.argument(
        description=(
            "True to check and plan the change without making it. `plan` then contains the calls "
            "that would be made."
        )
    ),
]


# Payloads

PLAN: Final = (
    "The calls that changed data at the vendor. With `dryRun`, the calls that would be made."
)

REFUSED: Final = "The reasons why the change was refused or not completed. Empty on success."


@strawberry.type(description="A call that changes data at a vendor.")
class PlannedCall:
    """A call that changes data at a vendor."""

    method: str = strawberry.field(description="The HTTP method.")
    path: str = strawberry.field(description="The path, relative to the base URL of the vendor.")
    description: str = strawberry.field(
        description="A description of the call in words. It contains no secrets."
    )

    @classmethod
    def from_domain(cls, write: planner.PlannedWrite) -> "PlannedCall":
        """Convert a write of a plan."""
        return cls(method=write.method, path=write.path, description=write.description)


class Payload(Protocol):
    """Any payload."""

    result: MutationResult


def resolve_user_errors(root: Payload) -> list[UserError]:
    """Resolve `userErrors`."""
    return to_user_errors(root.result.refusals)


def resolve_plan(root: Payload) -> list[PlannedCall] | None:
    """Resolve `plan`."""
    return [PlannedCall.from_domain(write) for write in root.result.calls]


async def load_group(info: Info, ref: GroupRef | None) -> Group | None:
    """Load the current state of a group; return None without a call if `ref` is None."""
    if ref is None:
        return None
    begin_loading(info)
    group = await info.context.loaders.of(ref.provider).groups.load(ref)
    return None if group is None else Group(entity=group)


async def load_collection(info: Info, ref: CollectionRef | None) -> ProductCollection | None:
    """Load the current state of a collection; return None without a call if `ref` is None."""
    if ref is None:
        return None
    begin_loading(info)
    collection = await info.context.loaders.of(ref.provider).collections.load(ref)
    return None if collection is None else ProductCollection(entity=collection)


async def _resolve_group(root: "GroupPayload", info: Info) -> Group | None:
    return await load_group(info, root.ref)


@strawberry.type(description="The result of a change of a group.")
class GroupPayload:
    """Base of most payloads of group mutations; `group` is null if `ref` is None."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[GroupRef | None]

    group: Group | None = strawberry.field(
        resolver=_resolve_group,
        description=(
            "The group after the mutation. Null if the group does not exist, or if the mutation "
            "was refused before the group was read."
        ),
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors, description=REFUSED
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


async def _resolve_collection(root: "CollectionPayload", info: Info) -> ProductCollection | None:
    return await load_collection(info, root.ref)


@strawberry.type(description="The result of a change of a collection.")
class CollectionPayload:
    """Base of most payloads of collection mutations; the collection is null if `ref` is None."""

    result: strawberry.Private[MutationResult]
    ref: strawberry.Private[CollectionRef | None]

    product_collection: ProductCollection | None = strawberry.field(
        resolver=_resolve_collection,
        description=(
            "The collection after the mutation. Null if the collection does not exist, or if the "
            "mutation was refused before the collection was read."
        ),
    )
    user_errors: list[UserError] = strawberry.field(
        resolver=resolve_user_errors, description=REFUSED
    )
    plan: list[PlannedCall] | None = strawberry.field(resolver=resolve_plan, description=PLAN)


# Running commands


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a mutation: `dryRun`, `ifRevision`, and nulls given for required fields."""

    dry_run: bool
    if_revision: str | None = None
    """As given in the document: UNSET if it was omitted."""
    nulls: tuple[Field, ...] = ()

    def runner(self, context: Context, key: AccountKey) -> MutationRunner:
        """Return a runner for a vendor; raise KeyError if the gateway is not configured for it."""
        return MutationRunner(
            provider=context.providers[key],
            loaders=context.loaders,
            dry_run=self.dry_run,
            if_revision=unset_to_none(self.if_revision),
            nulls=self.nulls,
        )


@dataclass(frozen=True, slots=True)
class IdArgument:
    """The argument that identifies the object of a mutation: its value and its name."""

    value: strawberry.ID
    name: str = "id"

    def decode(self, context: Context, kind: type[RefT]) -> RefT:
        """Return the ref; raise Refused unless the value is an id of this kind."""
        ref = decode_input_id(context, self.value)
        if not isinstance(ref, kind):
            raise _invalid(f"The id is not the id of {NOUNS[kind]}.", self.name)
        return ref


async def run_for_object(
    info: Info,
    argument: IdArgument,
    kind: type[RefT],
    options: RunOptions,
    command: Callable[[MutationRunner, RefT], Awaitable[MutationResult]],
) -> tuple[MutationResult, RefT | None]:
    """Run a command on the object that the argument identifies.

    Returns the result and the ref of the object. The ref is None if the mutation was refused
    before anything was read. Raises FORBIDDEN if the caller may not change the vendor, and
    UpstreamError if the vendor fails.
    """
    context = info.context
    try:
        ref = argument.decode(context, kind)
        _check_may_write(context, ref.provider)
        if ref.provider not in context.providers:
            raise _not_configured(ref, argument.name)
        begin_loading(info)
        result = await command(options.runner(context, ref.provider), ref)
    except Refused as refused:
        return MutationResult(refusals=refused.refusals), None
    return result, ref


async def run_for_provider(
    info: Info,
    vendor: ProviderKey,
    account: str | None,
    options: RunOptions,
    command: Callable[[MutationRunner], Awaitable[MutationResult]],
) -> MutationResult:
    """Run a command that needs an account but no existing object; raise like `run_for_object`.

    `account` is the argument as given, with which the vendor's account is found.
    """
    context = info.context
    try:
        key = _account_to_change(context, vendor, unset_to_none(account))
        _check_may_write(context, key)
        if key not in context.providers:
            raise _invalid("The gateway is not configured for this provider.", "provider")
        begin_loading(info)
        return await command(options.runner(context, key))
    except Refused as refused:
        return MutationResult(refusals=refused.refusals)


def decode_input_id(context: Context, id: strawberry.ID) -> Ref | None:
    """Return the ref for an id in an input; None if it is malformed or the id of a vendor.

    Raises BAD_USER_INPUT if the id could belong to several accounts.
    """
    ref = try_decode_id(id)
    return None if ref is None or isinstance(ref, ProviderRef) else context.resolve(ref)


def decode_input_ids(context: Context, ids: Sequence[strawberry.ID]) -> list[Ref | None]:
    """Return the ref for each id in an input; raise like `decode_input_id`."""
    return [decode_input_id(context, text) for text in ids]


def decode_input_order(
    context: Context,
    ids: Sequence[strawberry.ID] | None,
    moves: Sequence[MoveInput] | None,
) -> tuple[list[Ref | None] | None, list[Move] | None]:
    """Return the decoded ids and moves of a reordering; None for a list that is null or omitted."""
    given_ids, given_moves = unset_to_none(ids), unset_to_none(moves)
    return (
        None if given_ids is None else decode_input_ids(context, given_ids),
        None if given_moves is None else [_decode_move(context, move) for move in given_moves],
    )


def _decode_move(context: Context, move: MoveInput) -> Move:
    return Move(ref=decode_input_id(context, move.id), new_position=move.new_position)


def _account_to_change(context: Context, vendor: ProviderKey, name: str | None) -> AccountKey:
    """Return the key that the arguments name, which may be that of an account nobody has."""
    found = context.find_named_account(vendor, name)
    return found or NamedAccount(vendor, name or "")


def _check_may_write(context: Context, key: AccountKey) -> None:
    """Raise FORBIDDEN unless the caller may change data at this vendor.

    Called before the check that the gateway is configured for the vendor, so that the error does
    not reveal this.
    """
    if not context.may_write(key):
        raise forbidden(f"The mutation needs the scope write:{key.path}.")


def _invalid(message: str, *field: str) -> Refused:
    return Refused(InvalidInput(message=message, code=UserErrorCode.INVALID, field=field))


def _not_configured(ref: CollectionRef | GroupRef, *field: str) -> Refused:
    message = "The gateway is not configured for the provider of this id."
    return Refused(NotFound(message=message, about=ref, field=field))
