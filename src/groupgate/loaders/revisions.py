"""Revisions: fingerprints of groups and collections with their contents."""

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, ProductCollection
from groupgate.domain.paging import GroupsRequest, PageRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.loaders.dataloaders import ProviderLoaders

_PAGE_SIZE: Final = 100


async def revision_of_group(
    group: Group, provider: Provider, loaders: ProviderLoaders
) -> str | None:
    """Return a group's revision; None if the group does not exist any more."""
    members = await loaders.members.load(group.ref)
    if members is None:
        return None
    is_ordered = Capability.GROUP_REORDER_PRODUCTS in provider.capabilities
    return group_fingerprint(group, members, is_ordered=is_ordered)


async def revision_of_collection(
    collection: ProductCollection, provider: Provider, loaders: ProviderLoaders
) -> str | None:
    """Return a collection's revision, which includes the revisions of all its groups.

    Returns None if the collection does not exist any more.
    """
    groups = await all_groups(collection.ref, loaders)
    if groups is None:
        return None
    revisions = await asyncio.gather(
        *(revision_of_group(group, provider, loaders) for group in groups)
    )
    return collection_fingerprint(
        collection,
        [(group, revision) for group, revision in zip(groups, revisions, strict=True) if revision],
        is_ordered=Capability.PRODUCT_COLLECTION_REORDER_GROUPS in provider.capabilities,
    )


async def all_groups(ref: CollectionRef, loaders: ProviderLoaders) -> list[Group] | None:
    """Return all groups of a collection, page by page; None if the collection does not exist."""
    groups: list[Group] = []
    offset = 0
    while True:
        request = GroupsRequest(collection=ref, page=PageRequest(first=_PAGE_SIZE, offset=offset))
        page = await loaders.group_pages.load(request)
        if page is None:
            return None
        groups += page.items
        if not page.items or page.has_next is False:
            return groups
        offset = page.ends[-1]


def group_fingerprint(group: Group, members: Sequence[Membership], *, is_ordered: bool) -> str:
    """Hash a group's fields and members, and their order if the vendor keeps one."""
    rows = [(member.product.ref.native_id, member.status.value) for member in members]
    return _fingerprint(
        group.name,
        group.status.value,
        group.access and group.access.value,
        group.description,
        group.template_name,
        rows if is_ordered else sorted(rows),
    )


def collection_fingerprint(
    collection: ProductCollection, groups: Iterable[tuple[Group, str]], *, is_ordered: bool
) -> str:
    """Hash a collection's fields and its groups, each given with its revision."""
    rows = [(group.ref.native_id, revision) for group, revision in groups]
    return _fingerprint(
        collection.name, collection.description, rows if is_ordered else sorted(rows)
    )


def _fingerprint(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:20]
