"""A change as the calls it takes: told before they are made, and made in an order that is safe."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from groupgate.domain.catalog import Group
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.domain.refusals import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
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

    call: PlannedCall
    send: Callable[[], Awaitable[None]]
    products: tuple[ProductRef, ...] = ()


@dataclass(slots=True, kw_only=True)
class Made:
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
    made: Made = field(default_factory=Made)
    take_back: Callable[[], Awaitable[Sequence[Refusal]]] | None = None

    @property
    def calls(self) -> tuple[PlannedCall, ...]:
        """All calls, in order."""
        return tuple(step.call for stage in self.stages for step in stage)
