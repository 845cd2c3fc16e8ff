"""The port for reads: the methods that every vendor's adapter implements."""

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
from groupgate.domain.refs import AccountKey, CollectionRef, GroupRef, ProductRef


class ProviderState(Enum):
    """Health of a vendor."""

    AVAILABLE = "AVAILABLE"
    DEGRADED = "DEGRADED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderStatus:
    """Health of a vendor; `since` is None if it has not changed since the gateway started."""

    state: ProviderState = ProviderState.AVAILABLE
    since: datetime | None = None


KeyT = TypeVar("KeyT")
FoundT = TypeVar("FoundT")

BatchResult = Mapping[KeyT, FoundT | UpstreamError]
"""The results of a batch by key.

A key whose object does not exist is missing; a key whose read failed has the error as its value.
"""


class Provider(Protocol):
    """One vendor. Each read takes a batch of keys or requests and uses as few calls as possible.

    A method raises UpstreamError if the vendor failed for the whole batch. An error that concerns
    only some keys is the value of those keys.
    """

    @property
    def key(self) -> AccountKey:
        """The vendor's key."""

    @property
    def name(self) -> str:
        """The vendor's display name."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """The features that the vendor supports."""

    @property
    def status(self) -> ProviderStatus:
        """The vendor's health, derived from recent calls; makes no call."""

    @property
    def planner(self) -> Planner:
        """The planner of the vendor's mutations."""

    def forget(self) -> None:
        """Bypass the cache for the rest of this request."""

    async def ping(self) -> None:
        """Make one cheap call; return if the vendor responds and accepts our credentials."""

    async def list_collections(
        self, requests: Sequence[CollectionsRequest]
    ) -> BatchResult[CollectionsRequest, Page[ProductCollection]]:
        """Return pages of collections, in the vendor's order."""

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Return pages of groups, in the vendor's order; none if the collection does not exist.

        The groups of all collections in use are in the order of the collections.
        """

    async def list_memberships(
        self, requests: Sequence[MembershipsRequest]
    ) -> BatchResult[MembershipsRequest, Page[Membership]]:
        """Return pages of groups' products; none if the group does not exist."""

    async def list_products(
        self, requests: Sequence[ProductsRequest]
    ) -> BatchResult[ProductsRequest, Page[Product]]:
        """Return pages of the vendor's products; without a status, none that are archived."""

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> BatchResult[CollectionRef, ProductCollection]:
        """Return collections by ref."""

    async def get_groups(self, refs: Sequence[GroupRef]) -> BatchResult[GroupRef, Group]:
        """Return groups by ref."""

    async def get_groups_by_native_id(self, native_ids: Sequence[str]) -> BatchResult[str, Group]:
        """Return groups by the vendor's own ids, searching all collections in use."""

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> BatchResult[GroupRef, tuple[Membership, ...]]:
        """Return all products of groups."""

    async def get_products(self, refs: Sequence[ProductRef]) -> BatchResult[ProductRef, Product]:
        """Return products by ref, with `detail`."""

    async def get_products_by_sku(self, skus: Sequence[str]) -> BatchResult[str, Product]:
        """Return products by SKU, compared exactly; of several with one SKU, the first."""

    async def get_statuses(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, ProductStatus]:
        """Return the statuses of products that were read without one."""

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> BatchResult[ProductRef, tuple[GroupRef, ...]]:
        """Return the groups that contain products, for products that were read without them."""

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> BatchResult[tuple[GroupRef, ProductRef], bool]:
        """Return for each pair if the group contains the product; False if either is missing."""
