"""The port: what the gateway asks of a vendor. Both halves of the program look here."""

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection, ProductStatus
from groupgate.domain.errors import UpstreamError
from groupgate.domain.health import ProviderStatus
from groupgate.domain.paging import (
    CollectionsAsk,
    GroupsAsk,
    MembershipsAsk,
    Page,
    ProductsAsk,
)
from groupgate.domain.planner import Planner
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey

AskT = TypeVar("AskT")
FoundT = TypeVar("FoundT")

Answers = Mapping[AskT, FoundT | UpstreamError]
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
    def plans(self) -> Planner:
        """What it must be sent for a change."""

    def forget(self) -> None:
        """Make what is read next in this request fresh from the vendor."""

    async def ping(self) -> None:
        """Ask one cheap thing; return if the vendor answers and accepts our credentials."""

    async def list_collections(
        self, asks: Sequence[CollectionsAsk]
    ) -> Answers[CollectionsAsk, Page[ProductCollection]]:
        """Pages of collections, in the vendor's order."""

    async def list_groups(self, asks: Sequence[GroupsAsk]) -> Answers[GroupsAsk, Page[Group]]:
        """Pages of groups, in the vendor's order; a collection that is gone has no answer."""

    async def list_memberships(
        self, asks: Sequence[MembershipsAsk]
    ) -> Answers[MembershipsAsk, Page[Membership]]:
        """Pages of products of groups; a group that is gone has no answer."""

    async def list_products(
        self, asks: Sequence[ProductsAsk]
    ) -> Answers[ProductsAsk, Page[Product]]:
        """Pages of everything the vendor sells."""

    async def get_collections(
        self, refs: Sequence[CollectionRef]
    ) -> Answers[CollectionRef, ProductCollection]:
        """Collections by ref."""

    async def get_groups(self, refs: Sequence[GroupRef]) -> Answers[GroupRef, Group]:
        """Groups by ref."""

    async def get_memberships(
        self, refs: Sequence[GroupRef]
    ) -> Answers[GroupRef, tuple[Membership, ...]]:
        """All products of groups."""

    async def get_products(self, refs: Sequence[ProductRef]) -> Answers[ProductRef, Product]:
        """Products by ref, with `detail`."""

    async def get_statuses(self, refs: Sequence[ProductRef]) -> Answers[ProductRef, ProductStatus]:
        """Statuses of products whose own reading did not tell."""

    async def groups_of(
        self, refs: Sequence[ProductRef]
    ) -> Answers[ProductRef, tuple[GroupRef, ...]]:
        """The groups that products are in, where their own reading did not tell."""

    async def contains(
        self, pairs: Sequence[tuple[GroupRef, ProductRef]]
    ) -> Answers[tuple[GroupRef, ProductRef], bool]:
        """Whether a group holds a product; a group or product that is gone holds nothing."""
