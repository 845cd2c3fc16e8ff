"""Revisions: which changes of a group or a collection change its revision, and what it costs."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import (
    Group,
    GroupAccess,
    GroupProductStatus,
    GroupStatus,
    Membership,
    Product,
    ProductCollection,
)
from groupgate.domain.errors import UpstreamError
from groupgate.domain.paging import GroupsRequest, Page
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.loaders.dataloaders import ProviderLoaders
from groupgate.loaders.revisions import (
    all_groups,
    collection_fingerprint,
    group_fingerprint,
    revision_of_collection,
    revision_of_group,
)
from tests.fakes import FakeProvider

pytestmark = pytest.mark.anyio

COLLECTION = CollectionRef(provider=ProviderKey.DODO, native_id="suite")
SUITE = ProductCollection(ref=COLLECTION, name="Suite")


def group(native_id: str) -> Group:
    """Return a group of the collection."""
    ref = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id=native_id)
    return Group(ref=ref, name=native_id.title())


def member(native_id: str, status: GroupProductStatus = GroupProductStatus.ACTIVE) -> Membership:
    """Return a product as a member of a group."""
    ref = ProductRef(provider=ProviderKey.DODO, native_id=native_id)
    return Membership(product=Product(ref=ref, name=native_id.upper()), status=status)


MONTHLY, YEARLY = group("monthly"), group("yearly")
MEMBERS = (member("a"), member("b"))
FIRST = group_fingerprint(MONTHLY, MEMBERS, is_ordered=True)


def test_the_revision_of_a_group_is_the_same_in_every_process() -> None:
    assert FIRST == group_fingerprint(MONTHLY, MEMBERS, is_ordered=True) == "a524d76f1bfbe77e84b8"


@pytest.mark.parametrize(
    ("changed", "members"),
    [
        (replace(MONTHLY, name="Weekly"), MEMBERS),
        (replace(MONTHLY, name=None), MEMBERS),
        (replace(MONTHLY, status=GroupStatus.INACTIVE), MEMBERS),
        (replace(MONTHLY, access=GroupAccess.OPEN), MEMBERS),
        (replace(MONTHLY, description=""), MEMBERS),
        (replace(MONTHLY, template_name="Plain"), MEMBERS),
        (MONTHLY, ()),
        (MONTHLY, MEMBERS[:1]),
        (MONTHLY, (*MEMBERS, member("c"))),
        (MONTHLY, (member("a", GroupProductStatus.INACTIVE), member("b"))),
    ],
    ids=[
        "name",
        "no name",
        "status",
        "access",
        "description",
        "template",
        "no members",
        "removed member",
        "added member",
        "status of a member",
    ],
)
@pytest.mark.parametrize("is_ordered", [True, False])
def test_the_revision_changes_with_each_field_and_member(
    changed: Group, members: Sequence[Membership], *, is_ordered: bool
) -> None:
    before = group_fingerprint(MONTHLY, MEMBERS, is_ordered=is_ordered)

    assert group_fingerprint(changed, members, is_ordered=is_ordered) != before


def test_dates_and_fields_of_products_do_not_change_the_revision() -> None:
    touched = replace(MONTHLY, updated_at=datetime(2026, 7, 1, tzinfo=UTC))
    renamed = replace(MEMBERS[0], product=replace(MEMBERS[0].product, name="Renamed"))

    assert group_fingerprint(touched, (renamed, MEMBERS[1]), is_ordered=True) == FIRST


def test_the_order_of_members_counts_only_if_the_vendor_keeps_one() -> None:
    reversed_members = MEMBERS[::-1]

    assert group_fingerprint(MONTHLY, reversed_members, is_ordered=True) != FIRST
    assert group_fingerprint(MONTHLY, reversed_members, is_ordered=False) == group_fingerprint(
        MONTHLY, MEMBERS, is_ordered=False
    )


def test_the_revision_of_a_collection_changes_with_its_fields_and_groups() -> None:
    groups = [(MONTHLY, "1"), (YEARLY, "2")]
    variants = [
        (SUITE, groups),
        (replace(SUITE, name="Other"), groups),
        (replace(SUITE, description="Text"), groups),
        (SUITE, groups[:1]),
        (SUITE, []),
        (SUITE, [(MONTHLY, "1"), (YEARLY, "3")]),
        (SUITE, groups[::-1]),
    ]

    ordered = [collection_fingerprint(*variant, is_ordered=True) for variant in variants]
    unordered = [collection_fingerprint(*variant, is_ordered=False) for variant in variants]

    assert ordered[0] == "86e61da2fde757d95c80"
    assert len(set(ordered)) == 7
    assert len(set(unordered)) == 6
    assert unordered[0] == unordered[-1]


def provider(*capabilities: Capability) -> FakeProvider:
    """Return a vendor with two groups of two products."""
    return FakeProvider(
        capabilities=frozenset(capabilities),
        collections=[SUITE],
        groups=[MONTHLY, YEARLY],
        memberships={MONTHLY.ref: MEMBERS, YEARLY.ref: MEMBERS[::-1]},
    )


async def test_the_revision_of_a_group_costs_one_read_of_its_members() -> None:
    vendor = provider(Capability.GROUP_REORDER_PRODUCTS)

    revision = await revision_of_group(MONTHLY, vendor, ProviderLoaders(vendor))

    assert revision == FIRST
    assert vendor.calls == ["get_memberships"]


async def test_the_members_are_unordered_if_the_vendor_cannot_reorder_them() -> None:
    vendor = provider()

    revision = await revision_of_group(MONTHLY, vendor, ProviderLoaders(vendor))

    assert revision == group_fingerprint(MONTHLY, MEMBERS[::-1], is_ordered=False)


async def test_a_missing_group_has_no_revision() -> None:
    vendor = provider()

    assert await revision_of_group(group("missing"), vendor, ProviderLoaders(vendor)) is None


@pytest.mark.parametrize("is_ordered", [True, False])
async def test_the_revision_of_a_collection_costs_two_reads(*, is_ordered: bool) -> None:
    order = {Capability.PRODUCT_COLLECTION_REORDER_GROUPS} if is_ordered else set()
    vendor = provider(Capability.GROUP_REORDER_PRODUCTS, *order)

    revision = await revision_of_collection(SUITE, vendor, ProviderLoaders(vendor))

    yearly = group_fingerprint(YEARLY, MEMBERS[::-1], is_ordered=True)
    groups = [(MONTHLY, FIRST), (YEARLY, yearly)]
    assert revision == collection_fingerprint(SUITE, groups, is_ordered=is_ordered)
    assert vendor.calls == ["list_groups", "get_memberships"]


async def test_a_group_that_disappears_meanwhile_is_not_part_of_the_revision() -> None:
    vendor = provider(Capability.GROUP_REORDER_PRODUCTS)
    vendor.memberships = {MONTHLY.ref: MEMBERS}

    revision = await revision_of_collection(SUITE, vendor, ProviderLoaders(vendor))

    assert revision == collection_fingerprint(SUITE, [(MONTHLY, FIRST)], is_ordered=False)


@pytest.mark.parametrize(
    ("count", "reads"), [(0, 1), (1, 1), (100, 1), (101, 2), (200, 2), (250, 3)]
)
async def test_all_groups_are_read_in_pages_of_a_hundred(count: int, reads: int) -> None:
    groups = [group(str(number)) for number in range(count)]
    vendor = FakeProvider(groups=groups)

    assert await all_groups(COLLECTION, ProviderLoaders(vendor)) == groups
    assert vendor.calls == ["list_groups"] * reads


class PagesOfUnknownLength(FakeProvider):
    """A vendor that does not know if a page has a next one."""

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> Mapping[GroupsRequest, Page[Group] | UpstreamError]:
        pages = await super().list_groups(requests)
        return {
            request: replace(page, has_next=None)
            for request, page in pages.items()
            if isinstance(page, Page)
        }


async def test_pages_are_read_until_an_empty_one_if_has_next_is_unknown() -> None:
    vendor = PagesOfUnknownLength(groups=[MONTHLY, YEARLY])

    assert await all_groups(COLLECTION, ProviderLoaders(vendor)) == [MONTHLY, YEARLY]
    assert vendor.calls == ["list_groups", "list_groups"]


class NoCollections(FakeProvider):
    """A vendor without any collection."""

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> Mapping[GroupsRequest, Page[Group] | UpstreamError]:
        await super().list_groups(requests)
        return {}


async def test_a_missing_collection_has_no_groups_and_no_revision() -> None:
    vendor = NoCollections()
    loaders = ProviderLoaders(vendor)

    assert await all_groups(COLLECTION, loaders) is None
    assert await revision_of_collection(SUITE, vendor, loaders) is None
    assert vendor.calls == ["list_groups"]
