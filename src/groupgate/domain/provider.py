"""The port: what the gateway asks of a vendor. Both halves of the program look here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection, ProductStatus
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    ProductsRequest,
)
from groupgate.domain.planner import Planner
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey


class ProviderState(Enum):
    """How a vendor is answering."""

    AVAILABLE = "AVAILABLE"
    DEGRADED = "DEGRADED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """How a vendor is answering, and since when; None if it has been so from the start."""

    state: ProviderState = ProviderState.AVAILABLE
    since: datetime | None = None


KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")

BatchResult = Mapping[KeyT, FoundT | UpstreamError]
"""What was found for each ask. One that is missing was not found; one that failed has its error."""


class Provider(Protocol):
    """One vendor. Reads take many asks at once and cost the fewest calls that answer them all.

    Every method raises UpstreamError if the vendor failed as a whole; an error that concerns some
    asks only is their answer.
    """

    @property
    def key(self) -> ProviderKey:
        """Which vendor this is."""

    @property
    def name(self) -> str:
        """Its name for people."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All it can do."""

    @property
    def status(self) -> ProviderStatus:
        """How it is answering, as the calls of late tell; asking costs no call."""

    @property
    def planner(self) -> Planner:
        """What it must be sent for a change."""

    def forget(self) -> None:
        """Make what is read next in this request fresh from the vendor."""

    async def ping(self) -> None:
        """Ask one cheap thing; return if the vendor answers and accepts our credentials."""

    async def list_collections(
        self, asks: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Pages of collections, in the vendor's order."""

    async def list_groups(
        self, asks: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Pages of groups, in the vendor's order; a collection that is gone has no answer."""

    async def list_memberships(
        self, asks: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Pages of products of groups; a group that is gone has no answer."""

    async def list_products(
        self, asks: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Pages of everything the vendor sells."""

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Collections by ref."""

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Groups by ref."""

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """All products of groups."""

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Products by ref, with `detail`."""

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Statuses of products whose own reading did not tell."""

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """The groups that products are in, where their own reading did not tell."""

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Whether a group holds a product; a group or product that is gone holds nothing."""
