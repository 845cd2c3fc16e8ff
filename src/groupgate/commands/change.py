"""The course that every change takes: fresh reads, checks, a plan, and then the writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from groupgate.commands.carry_out import carry_out
from groupgate.commands.guard import Guard
from groupgate.domain.errors import Refused
from groupgate.domain.plan import Made, Plan, PlannedCall
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, NotFound, Refusal, UserErrorCode
from groupgate.loaders.request import Loaders, ProviderLoaders
from groupgate.loaders.revisions import revision_of_collection, revision_of_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a mutation tells: why not, what was or would be written, and what came of it.

    `undone` are products that the mutation was asked for and that do not stand as asked.
    """

    refusals: tuple[Refusal, ...] = ()
    calls: tuple[PlannedCall, ...] = ()
    made: Made = field(default_factory=Made)
    undone: frozenset[ProductRef] = frozenset()
    was_carried_out: bool = False
    """Whether the writes were made, be there none to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One mutation at one vendor, with the vendor's fresh loaders."""

    provider: Provider
    loaders: Loaders
    dry_run: bool = False
    """Check and plan, but write nothing."""
    if_revision: str | None = None
    """Change nothing unless the object still has this revision."""

    @property
    def fresh(self) -> ProviderLoaders:
        """The vendor's loaders; they remember only what this mutation has read."""
        return self.loaders.of(self.provider.key)

    def begin(self) -> None:
        """Make all that is read from now on fresh from the vendor."""
        self.provider.forget()
        self.loaders.renew(self.provider.key)

    async def change(
        self,
        guard: Guard,
        plan: Callable[[], Awaitable[Plan]],
        *,
        is_repeatable: bool = True,
    ) -> Result:
        """Plan, and carry the plan out unless the run is dry or something was found wrong."""
        try:
            planned = await plan()
        except Refused as refused:
            guard.settle(refused.refusals)
            raise
        guard.settle()
        if self.dry_run:
            return Result(calls=planned.calls)
        try:
            report, refusals = await carry_out(planned, is_repeatable=is_repeatable)
        except Refused as refused:
            guard.settle(refused.refusals)
            raise
        finally:
            self.loaders.renew(self.provider.key)
        if planned.made.entity is not None:
            self.fresh.groups.prime(planned.made.entity.ref, planned.made.entity)
        undone = frozenset(product for step in report.undone for product in step.products)
        return Result(
            refusals=tuple(map(guard.located, refusals)),
            calls=report.calls,
            made=planned.made,
            undone=undone,
            was_carried_out=True,
        )

    async def still_has(self, guard: Guard, ref: GroupRef | CollectionRef) -> None:
        """Refuse with STALE unless the object still has the revision that the caller has seen."""
        if self.if_revision is None:
            return
        current = await self._revision(ref)
        if current is None:
            guard.settle([NotFound(message="It does not exist, or no longer.", about=ref)])
        if current != self.if_revision:
            message = "It has changed since this revision; read it again."
            field = ("ifRevision",)
            stale = Conflict(message=message, code=UserErrorCode.STALE, field=field, in_the_way=ref)
            guard.settle([stale])

    async def _revision(self, ref: GroupRef | CollectionRef) -> str | None:
        if isinstance(ref, GroupRef):
            group = await self.fresh.groups.load(ref)
            if group is None:
                return None
            return await revision_of_group(group, self.provider, self.fresh)
        collection = await self.fresh.collections.load(ref)
        if collection is None:
            return None
        return await revision_of_collection(collection, self.provider, self.fresh)
