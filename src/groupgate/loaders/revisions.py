"""Revisions, made out of what the loaders read."""

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import sha256

from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import Group, Membership, ProductCollection
from groupgate.domain.paging import GroupsRequest, PageRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef
from groupgate.loaders.dataloaders import ProviderLoaders


def group_revision(group: Group, members: Sequence[Membership], *, ordered: bool) -> str:
    """Fingerprint a group's fields and members; their order counts where the vendor keeps one."""
    rows = [(member.product.ref.native_id, member.status.value) for member in members]
    return _fingerprint(
        group.name,
        group.status.value,
        group.access and group.access.value,
        group.description,
        group.template_name,
        rows if ordered else sorted(rows),
    )


def collection_revision(
    collection: ProductCollection, groups: Iterable[tuple[Group, str]], *, ordered: bool
) -> str:
    """Fingerprint a collection's fields and its groups, each with its own revision."""
    rows = [(group.ref.native_id, revision) for group, revision in groups]
    return _fingerprint(collection.name, collection.description, rows if ordered else sorted(rows))


def _fingerprint(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:20]


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
        ask = GroupsRequest(collection=ref, page=PageRequest(first=_PAGE, offset=offset))
        page = await loaders.group_pages.load(ask)
        if page is None:
            return None
        groups += page.items
        if not page.items or page.has_next is False:
            return groups
        offset = page.ends[-1]
