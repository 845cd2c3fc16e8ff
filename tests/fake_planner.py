"""A fake planner that returns given plans, and steps that record when they are sent."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused, Unavailable, UpstreamError, WriteOutcome
from groupgate.domain.planner import Plan, PlannedWrite, Planner, Step
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.fakes import FakeProvider


@dataclass(kw_only=True)
class FakePlanner(Planner):
    """Returns the same plan for every mutation, or raises an error; records the requests."""

    plan: Plan = field(default_factory=Plan)
    failure: Refused | UpstreamError | None = None
    requests: list[tuple[object, ...]] = field(default_factory=list)

    async def update_collection(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        return self._answer("update_collection", ref, change)

    async def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        return self._answer("reorder_groups", ref, order)

    async def create_collection(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        return self._answer("create_collection", change, group, products)

    async def archive_collection(self, ref: CollectionRef) -> Plan:
        return self._answer("archive_collection", ref)

    async def unarchive_collection(self, ref: CollectionRef) -> Plan:
        return self._answer("unarchive_collection", ref)

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        return self._answer("create_group", ref, change, products)

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        return self._answer("update_group", ref, change)

    async def delete_group(self, ref: GroupRef) -> Plan:
        return self._answer("delete_group", ref)

    async def reorder_products(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        return self._answer("reorder_products", ref, order)

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        return self._answer("assign", ref, products)

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        return self._answer("unassign", ref, products)

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        return self._answer("set_products", ref, products)

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        return self._answer("move", source, target, products, position)

    async def update_membership(
        self, ref: GroupRef, product: ProductRef, status: GroupProductStatus
    ) -> Plan:
        return self._answer("update_membership", ref, product, status)

    def _answer(self, *request: object) -> Plan:
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        return self.plan


@dataclass(kw_only=True)
class PlanningProvider(FakeProvider):
    """A fake vendor with a fake planner."""

    planner: FakePlanner = field(init=True, default_factory=FakePlanner)


@dataclass(kw_only=True)
class StepRecorder:
    """Makes steps; records the paths of those that were sent and how many ran concurrently."""

    sent: list[str] = field(default_factory=list)
    running: int = 0
    most_running: int = 0

    def step(
        self,
        path: str,
        *products: ProductRef,
        error: Refused | UpstreamError | None = None,
        on_send: Callable[[], None] = lambda: None,
    ) -> Step:
        """Return a step that takes one iteration of the event loop and then ends with the error."""

        async def send() -> None:
            self.sent.append(path)
            self.running += 1
            self.most_running = max(self.most_running, self.running)
            await asyncio.sleep(0)
            self.running -= 1
            if error is not None:
                raise error
            on_send()

        return Step(call=call(path), send=send, products=products)


def call(path: str) -> PlannedWrite:
    """Return the write of the step with this path."""
    return PlannedWrite(method="POST", path=path, description=f"Send {path}.")


def failure(outcome: WriteOutcome | None, provider: ProviderKey = ProviderKey.DODO) -> Unavailable:
    """Return the error of a failing vendor with this outcome of the write."""
    error = Unavailable(provider, f"{provider.display_name} failed.")
    error.outcome = outcome
    return error
