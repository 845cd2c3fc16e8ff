"""The sequence of every mutation: validate, read without the cache, plan, execute."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from groupgate.commands.execution import execute_plan
from groupgate.commands.validation import InputValidator
from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Conflict, Field, Refusal, UserErrorCode, not_found
from groupgate.loaders.dataloaders import Loaders, ProviderLoaders
from groupgate.loaders.revisions import revision_of_collection, revision_of_group
from groupgate.request import current_scope

PlanFunction = Callable[[], Awaitable[Plan]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationResult:
    """The result of a mutation.

    `calls` are the writes in effect at the vendor or, for a dry run, the planned ones.
    `unconfirmed_products` are the requested products whose change is not known to be applied.
    """

    refusals: tuple[Refusal, ...] = ()
    calls: tuple[PlannedWrite, ...] = ()
    result: PlanResult = field(default_factory=PlanResult)
    unconfirmed_products: frozenset[ProductRef] = frozenset()
    was_executed: bool = False
    """True if the plan was executed, even if it had no writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationRunner:
    """Runs one mutation at one vendor."""

    provider: Provider
    loaders: Loaders
    dry_run: bool = False
    """Validate and plan, but write nothing."""
    if_revision: str | None = None
    """Refuse the mutation if its target has another revision."""
    nulls: tuple[Field, ...] = ()
    """Arguments that are null although their fields cannot be cleared."""

    @property
    def provider_loaders(self) -> ProviderLoaders:
        """The vendor's dataloaders; `run` clears them before it plans and after it writes."""
        return self.loaders.of(self.provider.key)

    def validator(self, capability: Capability) -> InputValidator:
        """Return a validator; raise Refused if the vendor does not support the mutation."""
        validator = InputValidator(self.provider, capability)
        for path in self.nulls:
            validator.refuse_null(*path)
        return validator

    async def run(
        self,
        validator: InputValidator,
        plan: PlanFunction,
        *,
        target: GroupRef | CollectionRef | None = None,
        is_retryable: bool = True,
    ) -> MutationResult:
        """Plan the mutation, then execute the plan unless this is a dry run or it is refused.

        Reads bypass the cache. `if_revision` is compared with the revision of `target`.
        `is_retryable` is True if a client may send the mutation again after a partial failure.
        Raises UpstreamError if the vendor failed and no write is known to be applied.
        """
        self.provider.forget()
        self.loaders.clear(self.provider.key)
        try:
            planned = await self._plan(validator, plan, target)
        except Refused as refused:
            return MutationResult(refusals=refused.refusals)
        if self.dry_run:
            if (timeline := current_scope().timeline) is not None:
                timeline.add_dry_run(planned.calls)
            return MutationResult(calls=planned.calls)
        return await self._execute(validator, planned, is_retryable=is_retryable)

    async def _plan(
        self,
        validator: InputValidator,
        plan: PlanFunction,
        target: GroupRef | CollectionRef | None,
    ) -> Plan:
        invalid_input = validator.refusals
        try:
            planned = await self._checked_plan(plan, target)
        except Refused as refused:
            validator.raise_refusals(refused.refusals)
            raise
        except UpstreamError as error:
            # Invalid input is reported even if the vendor fails. What else was found wrong may
            # come from a list without some of its rows.
            if invalid_input:
                raise Refused(*invalid_input) from None
            error.outcome = WriteOutcome.NOT_APPLIED
            raise
        validator.raise_refusals()
        return planned

    async def _checked_plan(
        self, plan: PlanFunction, target: GroupRef | CollectionRef | None
    ) -> Plan:
        """Check the revision and plan; raise Malformed if a list that was read has lost rows.

        Without these rows, a refusal may be as wrong as the plan.
        """
        scope, key = current_scope(), self.provider.key
        known = scope.left_out_rows(key)
        try:
            await self._check_revision(target)
            planned = await plan()
        except Refused:
            scope.require_all_rows(key, known)
            raise
        scope.require_all_rows(key, known)
        return planned

    async def _execute(
        self, validator: InputValidator, planned: Plan, *, is_retryable: bool
    ) -> MutationResult:
        try:
            report = await execute_plan(planned, is_retryable=is_retryable)
        finally:
            self.loaders.clear(self.provider.key)
        group = planned.result.entity
        if group is not None and report.is_complete:
            self.provider_loaders.groups.prime(group.ref, group)
        return MutationResult(
            refusals=tuple(map(validator.with_field, report.refusals)),
            calls=report.calls,
            result=planned.result,
            unconfirmed_products=report.unconfirmed_products,
            was_executed=True,
        )

    async def _check_revision(self, target: GroupRef | CollectionRef | None) -> None:
        if self.if_revision is None or target is None:
            return
        current = await self._current_revision(target)
        if current is None:
            raise Refused(not_found(target))
        if current != self.if_revision:
            raise Refused(
                Conflict(
                    message=f"The {target.noun} has changed since this revision; read it again.",
                    code=UserErrorCode.STALE,
                    field=("ifRevision",),
                    about=target,
                    conflicting_ref=target,
                )
            )

    async def _current_revision(self, ref: GroupRef | CollectionRef) -> str | None:
        loaders = self.provider_loaders
        if isinstance(ref, GroupRef):
            group = await loaders.groups.load(ref)
            if group is None:
                return None
            return await revision_of_group(group, self.provider, loaders)
        collection = await loaders.collections.load(ref)
        if collection is None:
            return None
        return await revision_of_collection(collection, self.provider, loaders)
