"""The course that every change takes: fresh reads, checks, a plan, and then the writes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from groupgate.commands.execution import execute_plan
from groupgate.commands.validation import InputValidator, gone
from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, Field, Refusal, UserErrorCode
from groupgate.loaders.dataloaders import Loaders, ProviderLoaders
from groupgate.loaders.revisions import revision_of_collection, revision_of_group


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationResult:
    """What a mutation tells: why not, what was or would be written, and what came of it.

    `undone` are products that the mutation was asked for and that do not stand as asked.
    """

    refusals: tuple[Refusal, ...] = ()
    calls: tuple[PlannedWrite, ...] = ()
    result: PlanResult = field(default_factory=PlanResult)
    undone: frozenset[ProductRef] = frozenset()
    was_executed: bool = False
    """Whether the writes were sent, be there none to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRunner:
    """One mutation at one vendor, and on what terms it is asked for."""

    provider: Provider
    loaders: Loaders
    dry_run: bool = False
    """Check and plan, but write nothing."""
    if_revision: str | None = None
    """Change nothing unless the object still has this revision."""
    nulls: tuple[Field, ...] = ()
    """Arguments that were given as null where nothing can be cleared."""

    @property
    def fresh(self) -> ProviderLoaders:
        """The vendor's loaders; they remember only what this mutation has read."""
        return self.loaders.of(self.provider.key)

    def validator(self, capability: Capability) -> InputValidator:
        """Begin to check; raise Refused at once if the vendor cannot do this at all."""
        validator = InputValidator(self.provider, capability)
        for path in self.nulls:
            validator.null(*path)
        return validator

    async def change(
        self,
        validator: InputValidator,
        plan: Callable[[], Awaitable[Plan]],
        *,
        target: GroupRef | CollectionRef | None = None,
        is_repeatable: bool = True,
    ) -> MutationResult:
        """Plan, and carry the plan out unless the run is dry or something was found wrong.

        Everything read on the way is fresh. `target` is what `if_revision` is about.
        """
        self.provider.forget()
        self.loaders.renew(self.provider.key)
        try:
            planned = await self._planned(validator, plan, target)
        except Refused as refused:
            return MutationResult(refusals=refused.refusals)
        if self.dry_run:
            return MutationResult(calls=planned.calls)
        return await self._execute(validator, planned, is_repeatable=is_repeatable)

    async def _planned(
        self,
        validator: InputValidator,
        plan: Callable[[], Awaitable[Plan]],
        target: GroupRef | CollectionRef | None,
    ) -> Plan:
        try:
            await self._still_has_revision(target)
            planned = await plan()
        except Refused as refused:
            validator.settle(refused.refusals)
            raise
        except UpstreamError as error:
            validator.settle()  # Invalid input is reported whether or not the vendor answers.
            error.outcome = WriteOutcome.NOT_APPLIED
            raise
        validator.settle()
        return planned

    async def _execute(
        self, validator: InputValidator, planned: Plan, *, is_repeatable: bool
    ) -> MutationResult:
        try:
            report = await execute_plan(planned, is_repeatable=is_repeatable)
        finally:
            self.loaders.renew(self.provider.key)
        made = planned.result
        if made.entity is not None and report.is_complete:
            self.fresh.groups.prime(made.entity.ref, made.entity)
        return MutationResult(
            refusals=tuple(map(validator.located, report.refusals)),
            calls=report.calls,
            result=made,
            undone=report.undone,
            was_executed=True,
        )

    async def _still_has_revision(self, target: GroupRef | CollectionRef | None) -> None:
        if self.if_revision is None or target is None:
            return
        current = await self._revision(target)
        if current is None:
            raise Refused(gone(target))
        if current != self.if_revision:
            raise Refused(
                Conflict(
                    message="It has changed since this revision; read it again.",
                    code=UserErrorCode.STALE,
                    field=("ifRevision",),
                    about=target,
                    conflicting_ref=target,
                )
            )

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
