"""Runs the command of a mutation: finds what it is about, and the vendor that has it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import strawberry

from groupgate.commands.runner import MutationResult, MutationRunner
from groupgate.domain.errors import Refused
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey, Ref
from groupgate.domain.refusals import Field, InvalidInput, NotFound, UserErrorCode
from groupgate.schema.context import Context
from groupgate.schema.forbidden import check_may_write
from groupgate.schema.ids import ProviderRef, try_decode_id

RefT = TypeVar("RefT", CollectionRef, GroupRef)

_NOUNS: Final = {CollectionRef: "a collection", GroupRef: "a group"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a mutation is asked for, and which nulls it was given wrongly."""

    dry_run: bool
    if_revision: str | None = None
    nulls: tuple[Field, ...] = ()

    def runner(self, context: Context, key: ProviderKey) -> MutationRunner:
        """A desk at this vendor; KeyError if the gateway is not configured for it."""
        return MutationRunner(
            provider=context.providers[key],
            loaders=context.loaders,
            dry_run=self.dry_run,
            if_revision=self.if_revision,
            nulls=self.nulls,
        )


@dataclass(frozen=True, slots=True)
class Target:
    """The argument that names what a mutation is about."""

    id: strawberry.ID
    argument: str = "id"

    def ref(self, kind: type[RefT]) -> RefT:
        """What the id names; raise Refused if that is nothing, or something of another kind."""
        ref = decode(self.id)
        if not isinstance(ref, kind):
            raise _invalid(f"This is not the id of {_NOUNS[kind]}.", self.argument)
        return ref


async def change(
    context: Context,
    target: Target,
    kind: type[RefT],
    terms: Terms,
    command: Callable[[MutationRunner, RefT], Awaitable[MutationResult]],
) -> tuple[MutationResult, RefT | None]:
    """Run a command on what the target names.

    Returns what the target names as well, unless it was refused before anything was read.
    """
    try:
        ref = target.ref(kind)
        check_may_write(context, ref.provider)
        if ref.provider not in context.providers:
            raise _not_configured(ref, target.argument)
        result = await command(terms.runner(context, ref.provider), ref)
    except Refused as refused:
        return MutationResult(refusals=refused.refusals), None
    return result, ref


async def create(
    context: Context,
    key: ProviderKey,
    terms: Terms,
    command: Callable[[MutationRunner], Awaitable[MutationResult]],
) -> MutationResult:
    """Run a command that needs nothing but a vendor."""
    try:
        check_may_write(context, key)
        if key not in context.providers:
            raise _invalid("The gateway is not configured for this provider.", "provider")
        return await command(terms.runner(context, key))
    except Refused as refused:
        return MutationResult(refusals=refused.refusals)


def decode(id: strawberry.ID) -> Ref | None:
    """What an id in an input names; None for what is no id, or that of a vendor."""
    ref = try_decode_id(id)
    return None if isinstance(ref, ProviderRef) else ref


def decode_all(ids: Sequence[strawberry.ID]) -> list[Ref | None]:
    """What each id of a list names."""
    return [decode(text) for text in ids]


def _invalid(message: str, *field: str) -> Refused:
    return Refused(InvalidInput(message=message, code=UserErrorCode.INVALID, field=field))


def _not_configured(ref: CollectionRef | GroupRef, *field: str) -> Refused:
    message = "The gateway is not configured for the provider of this id."
    return Refused(NotFound(message=message, about=ref, field=field))
