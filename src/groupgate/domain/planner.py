"""The port for writes: plans the upstream calls of a mutation. Planning itself writes nothing."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from groupgate.domain.catalog import Group, GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Unconfirmed, UpstreamError, WriteOutcome, clear_traceback
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One write to a vendor.

    `path` is relative to the vendor's base URL and percent-encoded as sent. `{new}` stands for an
    id that the response of an earlier write will contain.
    """

    method: str
    path: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write and the function that sends it.

    `send` raises UpstreamError if the vendor failed, and Refused if it refused the write.
    `products` are the products whose change is complete once `send` has returned.
    """

    call: PlannedWrite
    send: Callable[[], Awaitable[None]]
    products: tuple[ProductRef, ...] = ()


@dataclass(slots=True, kw_only=True)
class PlanResult:
    """The results of a plan's steps; each step fills in its part when it is sent."""

    collection: CollectionRef | None = None
    group: GroupRef | None = None
    entity: Group | None = None
    """The group as the response to a write contains it."""
    excluded: tuple[ProductRef, ...] = ()
    """Products that a collection lost by being archived and unarchived."""

    @property
    def created_group(self) -> GroupRef:
        """The group that an earlier stage of the plan created."""
        if self.group is None:
            raise AssertionError  # a stage starts only after the stages before it
        return self.group


RollbackFunction = Callable[[], Awaitable[Sequence[Refusal]]]
"""Undoes the writes of a plan after a step failed.

Returns nothing if everything is as it was before; otherwise Incomplete refusals that describe the
present state. Raises UpstreamError if the vendor failed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Stages of steps: stages run one after another, the steps of a stage concurrently."""

    stages: tuple[tuple[Step, ...], ...] = ()
    result: PlanResult = field(default_factory=PlanResult)
    rollback: RollbackFunction | None = None

    @property
    def calls(self) -> tuple[PlannedWrite, ...]:
        """All writes, in order."""
        return tuple(step.call for stage in self.stages for step in stage)


class Planner:
    """Plans the mutations of one vendor.

    Every method may read from the vendor. Each raises Refused with everything that the vendor's
    rules forbid, and UpstreamError if a read failed. The products of a call are distinct and belong
    to this vendor.

    A vendor's planner overrides the methods that the vendor's capabilities name; the commands call
    no other.
    """

    async def update_collection(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        """Plan a change of a collection's fields."""
        raise NotImplementedError

    async def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """Plan a new order of all groups of a collection."""
        raise NotImplementedError

    async def create_collection(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Plan a new collection with one group; sets `result.collection`."""
        raise NotImplementedError

    async def archive_collection(self, ref: CollectionRef) -> Plan:
        """Plan to archive a collection."""
        raise NotImplementedError

    async def unarchive_collection(self, ref: CollectionRef) -> Plan:
        """Plan to unarchive a collection; sets `result.excluded`."""
        raise NotImplementedError

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Plan a new group; sets `result.group`."""
        raise NotImplementedError

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Plan a change of a group's fields.

        Sets `result.entity` if the vendor's response contains the group.
        """
        raise NotImplementedError

    async def delete_group(self, ref: GroupRef) -> Plan:
        """Plan to delete a group, but not its products."""
        raise NotImplementedError

    async def reorder_products(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        """Plan a new order of all products of a group."""
        raise NotImplementedError

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan to add products to a group; there is no step for products already in it."""
        raise NotImplementedError

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan to remove products from a group; there is no step for products not in it."""
        raise NotImplementedError

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Plan for a group to contain exactly these products, in this order if it has one."""
        raise NotImplementedError

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        """Plan to move products from one group to another."""
        raise NotImplementedError

    async def update_membership(
        self, ref: GroupRef, product: ProductRef, status: GroupProductStatus
    ) -> Plan:
        """Plan a new status of a product within one group."""
        raise NotImplementedError


IsApplied = Callable[[], Awaitable[bool | None]]
"""Reads from the vendor whether a write was applied; returns None if the read does not show it."""


def verify_if_unconfirmed(step: Step, is_applied: IsApplied) -> Step:
    """Return the same step, which reads from the vendor after a success with an unreadable body.

    The step succeeds if the read shows that the write was applied. If it shows that the write was
    not applied, the failure of the write has an outcome of NOT_APPLIED. If the read fails, or does
    not show it, the outcome stays UNKNOWN.
    """
    return _verified(step, is_applied, Unconfirmed)


def verify_if_unknown(step: Step, is_applied: IsApplied) -> Step:
    """Return the same step, which reads from the vendor after each failure of unknown outcome.

    The result is that of `verify_if_unconfirmed`, but without a response, a write that is not
    found may still be applied later: its outcome stays UNKNOWN.
    """
    return _verified(step, is_applied, UpstreamError)


def _verified(step: Step, is_applied: IsApplied, failure: type[UpstreamError]) -> Step:
    async def send() -> None:
        try:
            await step.send()
        except failure as error:
            if error.outcome is not WriteOutcome.UNKNOWN:
                raise
            state = await _read_state(is_applied)
            if state:
                clear_traceback(error)
                return
            if state is False and isinstance(error, Unconfirmed):
                error.outcome = WriteOutcome.NOT_APPLIED
                error.message += " A read after that shows that the write was not applied."
            raise

    return replace(step, send=send)


async def _read_state(is_applied: IsApplied) -> bool | None:
    try:
        return await is_applied()
    except UpstreamError as error:
        clear_traceback(error)
        return None


@contextmanager
def write_not_applied() -> Iterator[None]:
    """Set the outcome of a read that fails inside: its write was rejected, or was not sent."""
    try:
        yield
    except UpstreamError as error:
        error.outcome = WriteOutcome.NOT_APPLIED
        raise


def count_products(products: Sequence[ProductRef]) -> str:
    """Return "1 product", "2 products" and so on, for the description of a write."""
    return "1 product" if len(products) == 1 else f"{len(products)} products"
