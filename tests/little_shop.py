"""A made-up vendor with one collection of two groups, for tests of what changes it."""

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.fake_planner import PlanningProvider

EVERYTHING = frozenset(Capability)

COLLECTION = CollectionRef(provider=ProviderKey.DODO, native_id="suite")
GROUP = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="monthly")
OTHER = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="yearly")
GONE = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="gone")
FOREIGN_GROUP = GroupRef(provider=ProviderKey.AXIM, native_id="theirs")
FOREIGN = ProductRef(provider=ProviderKey.AXIM, native_id="theirs")


def product(native_id: str) -> ProductRef:
    """A product of the shop."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


A, B, C, D = map(product, "abcd")


def shop(capabilities: frozenset[Capability] = EVERYTHING) -> PlanningProvider:
    """A new shop: its first group holds A, B, C in this order, its second D."""
    return PlanningProvider(
        name="The shop",
        capabilities=capabilities,
        collections=[ProductCollection(ref=COLLECTION, name="Suite")],
        groups=[Group(ref=GROUP, name="Monthly"), Group(ref=OTHER, name="Yearly")],
        memberships={GROUP: members(A, B, C), OTHER: members(D)},
    )


def members(*refs: ProductRef) -> tuple[Membership, ...]:
    """Products as members of a group."""
    return tuple(Membership(product=Product(ref=ref, name=ref.native_id.upper())) for ref in refs)
