"""Requests for pages are values: equal requests of a batch are one key."""

import pytest

from groupgate.domain.catalog import Group, GroupStatus
from groupgate.domain.paging import (
    CollectionsRequest,
    GroupsRequest,
    MembershipsRequest,
    Page,
    PageRequest,
    ProductsRequest,
)
from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey

PAGE = PageRequest(first=20)
SUITE = CollectionRef(provider=ProviderKey.DODO, native_id="suite")
MONTHLY = GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id="monthly")


def test_a_page_starts_at_the_first_row_by_default() -> None:
    assert PageRequest(first=20, offset=0) == PAGE


def test_lists_are_not_filtered_by_default() -> None:
    assert CollectionsRequest(page=PAGE).archived is False
    assert GroupsRequest(collection=SUITE, page=PAGE).is_filtered is False
    assert ProductsRequest(page=PAGE) == ProductsRequest(
        page=PAGE, search=None, status=None, is_ungrouped=False
    )


def test_equal_requests_are_the_same_key_and_different_ones_are_not() -> None:
    next_page = PageRequest(first=20, offset=20)
    requests = [
        CollectionsRequest(page=PAGE),
        CollectionsRequest(page=PAGE, archived=True),
        CollectionsRequest(page=next_page),
        GroupsRequest(collection=SUITE, page=PAGE),
        GroupsRequest(collection=SUITE, page=PAGE, status=GroupStatus.ACTIVE),
        MembershipsRequest(group=MONTHLY, page=PAGE),
        ProductsRequest(page=PAGE),
        ProductsRequest(page=PAGE, search="mug"),
        ProductsRequest(page=PAGE, is_ungrouped=True),
        GroupsRequest(page=PAGE),
        GroupsRequest(page=PAGE, search="mug"),
    ]
    results = {request: index for index, request in enumerate(requests)}

    assert len(results) == 11
    assert results[GroupsRequest(collection=SUITE, page=PageRequest(first=20))] == 3
    assert results[ProductsRequest(page=PageRequest(first=20), search="mug")] == 7


def test_each_item_of_a_page_has_the_offset_of_the_page_after_it() -> None:
    page = Page(items=("b", "d"), ends=(2, 4), has_next=True, total=None)

    next_pages = [PageRequest(first=1, offset=end) for end in page.ends]

    assert next_pages == [PageRequest(first=1, offset=2), PageRequest(first=1, offset=4)]


def group(name: str | None, status: GroupStatus = GroupStatus.ACTIVE) -> Group:
    """Return a group."""
    return Group(ref=MONTHLY, name=name, status=status)


@pytest.mark.parametrize(
    ("search", "status", "matches"),
    [
        (None, None, True),
        ("straße", None, True),
        ("HAUPTSTRASSE 1", None, True),
        ("strasse 2", None, False),
        (None, GroupStatus.ACTIVE, True),
        (None, GroupStatus.INACTIVE, False),
        ("strasse", GroupStatus.ACTIVE, True),
        ("strasse", GroupStatus.INACTIVE, False),
    ],
)
def test_a_group_matches_if_it_has_the_status_and_its_name_contains_the_text(
    search: str | None,
    status: GroupStatus | None,
    matches: bool,  # noqa: FBT001 # the expected result
) -> None:
    request = GroupsRequest(page=PAGE, search=search, status=status)
    assert request.matches(group("Hauptstraße 1")) is matches
    assert request.is_filtered is (search is not None or status is not None)


@pytest.mark.parametrize("name", [None, ""])
def test_a_group_without_a_name_matches_no_search(name: str | None) -> None:
    assert GroupsRequest(page=PAGE).matches(group(name))
    assert not GroupsRequest(page=PAGE, search="").matches(group(name))
