"""A fake vendor with one collection of two groups, for tests of mutations."""

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, Product, ProductCollection
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.fake_planner import PlanningProvider

ALL_CAPABILITIES = frozenset(Capability)

COLLECTION = CollectionRef(provider=ProviderKey.DODO, native_id="suite")
GROUP = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="monthly")
OTHER_GROUP = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="yearly")
UNKNOWN_GROUP = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="unknown")
FOREIGN_GROUP = GroupRef(provider=ProviderKey.AXIM, native_id="theirs")
FOREIGN_PRODUCT = ProductRef(provider=ProviderKey.AXIM, native_id="theirs")


def product(native_id: str) -> ProductRef:
    """Return the ref of a product of the vendor."""
    return ProductRef(provider=ProviderKey.DODO, native_id=native_id)


A, B, C, D = map(product, "abcd")


def sample_provider(capabilities: frozenset[Capability] = ALL_CAPABILITIES) -> PlanningProvider:
    """Return a new vendor whose first group has A, B and C in this order, the second D."""
    return PlanningProvider(
        name="Sample vendor",
        capabilities=capabilities,
        collections=[ProductCollection(ref=COLLECTION, name="Suite")],
        groups=[Group(ref=GROUP, name="Monthly"), Group(ref=OTHER_GROUP, name="Yearly")],
        memberships={GROUP: members(A, B, C), OTHER_GROUP: members(D)},
    )


def members(*refs: ProductRef) -> tuple[Membership, ...]:
    """Return products as members of a group."""
    return tuple(Membership(product=Product(ref=ref, name=ref.native_id.upper())) for ref in refs)
