"""Conversion of the rows of a group, of which a request may need a few only."""

import msgspec

from groupgate.domain.catalog import ProductStatus
from groupgate.domain.paging import PageRequest
from groupgate.domain.refs import GroupRef, ProviderKey
from groupgate.providers.dodo import wire
from groupgate.providers.dodo.mapping import Mapper
from tests.providers.dodo import records


def collection() -> wire.ProductCollection:
    """Decode a collection with four products in one group, two of which are in another."""
    first = records.group("g1", *(records.item(f"pdt_{number}") for number in range(4)))
    second = records.group("g2", records.item("pdt_1"), records.item("pdt_2"))
    return msgspec.convert(records.collection("pdc_1", first, second), wire.ProductCollection)


def test_only_the_rows_of_the_page_are_converted_and_each_once() -> None:
    parent, mapper = collection(), Mapper(ProviderKey.DODO)
    group = parent.groups[0]
    page = mapper.memberships(parent, group, ProductStatus.ACTIVE, slice(1, 3))
    assert [member.product.ref.native_id for member in page] == ["pdt_1", "pdt_2"]
    members = parent.mapped[id(group), False].rows
    assert [member is None for member in members] == [True, False, False, True]
    whole = mapper.memberships(parent, group, ProductStatus.ACTIVE)
    assert [member.product.ref.native_id for member in whole] == [f"pdt_{n}" for n in range(4)]
    assert whole[1] is page[0]
    assert whole[2] is page[1]


def test_a_page_beyond_the_end_is_empty() -> None:
    parent, mapper = collection(), Mapper(ProviderKey.DODO)
    assert mapper.memberships(parent, parent.groups[0], None, slice(9, 4)) == []
    assert mapper.memberships(parent, parent.groups[0], None, slice(4, 4)) == []


def test_rows_are_converted_again_for_another_status_of_the_products() -> None:
    parent, mapper = collection(), Mapper(ProviderKey.DODO)
    for status in (ProductStatus.ACTIVE, None, ProductStatus.INACTIVE, ProductStatus.ACTIVE):
        found = mapper.memberships(parent, parent.groups[1], status)
        assert [member.product.status for member in found] == [status, status]


def test_the_last_page_is_kept() -> None:
    parent, mapper = collection(), Mapper(ProviderKey.DODO)
    whole, rest = PageRequest(first=5), PageRequest(first=5, offset=1)
    pages = [mapper.group_page(parent, request) for request in (whole, whole, rest, whole)]
    assert [page is pages[0] for page in pages] == [True, True, False, False]
    assert pages[0] == pages[3]
    assert [group.ref.native_id for group in pages[2].items] == ["g2"]
    group = parent.groups[1]
    members = [
        mapper.membership_page(parent, group, status, request)
        for status, request in [
            (ProductStatus.ACTIVE, whole),
            (ProductStatus.ACTIVE, whole),
            (ProductStatus.ACTIVE, rest),
            (ProductStatus.INACTIVE, rest),
            (None, rest),
        ]
    ]
    assert [page is members[0] for page in members] == [True, True, False, False, False]
    assert [page.ends for page in members] == [(1, 2)] * 2 + [(2,)] * 3
    assert [page.items[-1].product.status for page in members[2:]] == [
        ProductStatus.ACTIVE,
        ProductStatus.INACTIVE,
        None,
    ]


def test_a_product_knows_all_groups_of_its_collection_that_contain_it() -> None:
    parent, mapper = collection(), Mapper(ProviderKey.DODO)
    first, second = (
        GroupRef(provider=ProviderKey.DODO, collection_id="pdc_1", native_id=name)
        for name in ("g1", "g2")
    )
    found = mapper.memberships(parent, parent.groups[0], None)
    assert [member.product.groups for member in found] == [
        (first,),
        (first, second),
        (first, second),
        (first,),
    ]
