"""Revisions, made out of what the loaders read."""

import asyncio

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, ProductCollection
from groupgate.domain.paging import GroupsAsk, PageAsk
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.domain.revision import collection_revision, group_revision
from groupgate.loaders.request import ProviderLoaders

_PAGE = 100


async def revision_of_group(
    group: Group, provider: Provider, loaders: ProviderLoaders
) -> str | None:
    """The group's revision; None if the group is gone by now."""
    members = await loaders.members.load(group.ref)
    if members is None:
        return None
    ordered = Capability.GROUP_REORDER_PRODUCTS in provider.capabilities
    return group_revision(group, members, ordered=ordered)


async def revision_of_collection(
    collection: ProductCollection, provider: Provider, loaders: ProviderLoaders
) -> str | None:
    """The collection's revision, with those of all its groups; None if it is gone by now."""
    groups = await all_groups(collection.ref, loaders)
    if groups is None:
        return None
    revisions = await asyncio.gather(
        *(revision_of_group(group, provider, loaders) for group in groups)
    )
    return collection_revision(
        collection,
        [(group, made) for group, made in zip(groups, revisions, strict=True) if made],
        ordered=Capability.PRODUCT_COLLECTION_REORDER_GROUPS in provider.capabilities,
    )


async def all_groups(ref: CollectionRef, loaders: ProviderLoaders) -> list[Group] | None:
    """All groups of a collection; None if it is gone."""
    groups: list[Group] = []
    offset = 0
    while True:
        ask = GroupsAsk(collection=ref, page=PageAsk(first=_PAGE, offset=offset))
        page = await loaders.group_pages.load(ask)
        if page is None:
            return None
        groups += page.items
        if not page.items or page.has_next is False:
            return groups
        offset = page.ends[-1]
