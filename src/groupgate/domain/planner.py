"""The port's other half: what a vendor must be sent for a change. Planning writes nothing."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from groupgate.domain.catalog import Group, GroupProductStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One write: `path` is below the vendor's base URL, percent-encoded as it is sent.

    An id that is not known before an earlier write has answered is written `{new}`.
    """

    method: str
    path: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One write and how to make it.

    `send` raises UpstreamError if the vendor failed, and Refused if it said no. `products` are
    those that stand as asked once it has returned.
    """

    call: PlannedWrite
    send: Callable[[], Awaitable[None]]
    products: tuple[ProductRef, ...] = ()


@dataclass(slots=True, kw_only=True)
class PlanResult:
    """What the steps of a plan leave behind; they fill it in as they are made."""

    collection: CollectionRef | None = None
    group: GroupRef | None = None
    entity: Group | None = None
    """The group as the vendor's answer to a write shows it."""
    excluded: tuple[ProductRef, ...] = ()
    """Products that did not come back with an unarchived collection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Stages one after another; the steps of one stage may be made at the same time.

    `take_back`, where a plan has it, undoes what was done before a later step failed. It returns
    nothing if all is as it was, and else, as Incomplete refusals, what stands where.
    """

    stages: tuple[tuple[Step, ...], ...] = ()
    result: PlanResult = field(default_factory=PlanResult)
    rollback: Callable[[], Awaitable[Sequence[Refusal]]] | None = None

    @property
    def calls(self) -> tuple[PlannedWrite, ...]:
        """All calls, in order."""
        return tuple(step.call for stage in self.stages for step in stage)


class Planner(Protocol):
    """Plans the changes of one vendor.

    Every method may read, and reads only what the vendor's rules need. Each raises Refused with
    all that the vendor's rules forbid, and UpstreamError if a read failed. Only methods that the
    vendor's capabilities name are ever called. Products are given once each and are this vendor's.
    """

    async def update_collection(self, ref: CollectionRef, change: CollectionChange) -> Plan:
        """Change a collection's fields."""

    async def reorder_groups(self, ref: CollectionRef, order: Sequence[GroupRef]) -> Plan:
        """Put all groups of a collection in this order."""

    async def create_collection(
        self, change: CollectionChange, group: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Make a collection with one first group; `made.collection` is the new one."""

    async def archive_collection(self, ref: CollectionRef) -> Plan:
        """Take a collection out of use."""

    async def unarchive_collection(self, ref: CollectionRef) -> Plan:
        """Bring a collection back; `made.excluded` are the products that did not come with it."""

    async def create_group(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Make a group; `made.group` is the new one."""

    async def update_group(self, ref: GroupRef, change: GroupChange) -> Plan:
        """Change a group's fields; `made.entity` if the vendor's answer shows the group."""

    async def delete_group(self, ref: GroupRef) -> Plan:
        """Delete a group; its products stay."""

    async def reorder_products(self, ref: GroupRef, order: Sequence[ProductRef]) -> Plan:
        """Put all products of a group in this order."""

    async def assign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Add products; those that are in the group already take no step."""

    async def unassign(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Take products out; those that are not in the group take no step."""

    async def set_products(self, ref: GroupRef, products: Sequence[ProductRef]) -> Plan:
        """Make a group hold just these, in this order where the vendor orders."""

    async def move(
        self,
        source: GroupRef,
        target: GroupRef,
        products: Sequence[ProductRef],
        position: int | None,
    ) -> Plan:
        """Take products out of one group and put them into another."""

    async def update_membership(
        self, ref: GroupRef, product: ProductRef, status: GroupProductStatus
    ) -> Plan:
        """Offer a product in one group, or no longer."""
