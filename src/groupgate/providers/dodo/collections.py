"""Reads of all collections in use, where the vendor has no call for one group or product."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from msgspec.structs import replace

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Malformed, UpstreamError
from groupgate.domain.paging import GroupsRequest, Page
from groupgate.domain.provider import BatchResult
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.mapping import Mapper
from groupgate.upstream.pagination import Paginator
from groupgate.upstream.results import find_stale, gather_found, slice_page, unwrap

READS_AT_ONCE: Final = 8
"""Collections that are read at the same time, so that other requests do not wait for all."""


class CollectionsInUse:
    """Reads the list of the collections that are not archived, and then the collections."""

    def __init__(
        self, client: DodoClient, pages: Paginator[wire.ProductCollectionListItem]
    ) -> None:
        self._client = client
        self._mapper = Mapper(client.account)
        self._pages = pages

    async def list_groups(
        self, requests: Sequence[GroupsRequest]
    ) -> BatchResult[GroupsRequest, Page[Group]]:
        """Return pages of the groups of all collections.

        Reads no more collections than the pages need; a search reads all.
        """
        native_ids = await self._native_ids() if requests else []
        groups: list[Group] = []
        read = 0
        while read < len(native_ids) and not all(_is_full(groups, each) for each in requests):
            for parent in await self._read(native_ids[read : read + READS_AT_ONCE]):
                groups += (self._mapper.group(parent, row) for row in parent.groups)
            read += READS_AT_ONCE
        is_complete = read >= len(native_ids)
        return {each: _page(groups, each, is_complete=is_complete) for each in requests}

    async def find_groups(self, native_ids: Iterable[str]) -> dict[str, Group | UpstreamError]:
        """Return groups by id, reading one collection after another until all are found.

        A collection whose response is malformed does not end the search; any other failure does,
        and the rest of the search uses cached responses. The error is the result of every group
        that was not found.
        """
        missing = {native_id for native_id in native_ids if native_id}
        found: dict[str, Group | UpstreamError] = {}
        failure: UpstreamError | None = None
        collection_ids = await self._cached_first() if missing else []
        for collection_id in collection_ids:
            try:
                groups = await self._groups_by_id(collection_id)
            except UpstreamError as error:
                failure = error
                if not isinstance(error, Malformed):
                    break
                continue
            found |= {native_id: groups[native_id] for native_id in missing & groups.keys()}
            missing -= groups.keys()
            if not missing:
                break
        failed = dict.fromkeys(missing, failure) if failure else {}
        read_cached = partial(self._cached_groups, collection_ids)
        stale = await find_stale(failed, read_cached, lambda group: group.ref.native_id)
        return found | failed | stale

    async def product_ids(self) -> set[str]:
        """Return the ids of the products in the groups of all collections."""
        native_ids = await self._native_ids()
        found: set[str] = set()
        for start in range(0, len(native_ids), READS_AT_ONCE):
            for parent in await self._read(native_ids[start : start + READS_AT_ONCE]):
                found |= parent.groups_by_product.keys()
        return found

    async def _native_ids(self) -> list[str]:
        return [row.id for row in await self._pages.all()]

    async def _cached_first(self) -> list[str]:
        """Return the ids of the collections, first of those that need no call."""
        is_cached = self._client.has_cached_product_collection
        return sorted(await self._native_ids(), key=lambda native_id: not is_cached(native_id))

    async def _cached_groups(self, collection_ids: Iterable[str]) -> list[Group]:
        """Return the groups of those collections that can be read now, which may be cached ones."""
        groups: list[Group] = []
        for collection_id in collection_ids:
            with suppress(UpstreamError):
                groups += (await self._groups_by_id(collection_id)).values()
        return groups

    async def _groups_by_id(self, collection_id: str) -> dict[str, Group]:
        parent = await self._client.get_product_collection(collection_id)
        if parent is None:
            return {}
        return {row.group_id: self._mapper.group(parent, row) for row in parent.groups}

    async def _read(self, native_ids: Sequence[str]) -> list[wire.ProductCollection]:
        """Read collections at the same time; raise UpstreamError if one of them fails."""
        found = await gather_found(native_ids, self._client.get_product_collection)
        return [unwrap(parent) for parent in found.values()]


def _is_full(groups: Sequence[Group], request: GroupsRequest) -> bool:
    rest = groups[request.page.offset :]
    return request.search is None and sum(map(request.matches, rest)) >= request.page.first


def _page(groups: Sequence[Group], request: GroupsRequest, *, is_complete: bool) -> Page[Group]:
    page = slice_page(groups, request.page, request.filter)
    return page if is_complete else replace(page, has_next=page.has_next or None, total=None)
