"""Reads of products, and the calls they make."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from groupgate.domain.catalog import Money, Product, ProductDetail, ProductStatus
from groupgate.domain.errors import Unavailable
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from groupgate.upstream.results import unwrap
from tests.providers.axim.seed import (
    UNKNOWN_ID,
    all_product_ids,
    all_products,
    batch_path,
    group_ref,
    product_ref,
    product_refs,
    products_path,
)
from tests.providers.conftest import AlterResponses
from tests.providers.reads import all_pages, take_paths

pytestmark = pytest.mark.anyio


async def list_products(provider: Provider, request: ProductsRequest) -> Page[Product]:
    """Return the page for one request."""
    return unwrap((await provider.list_products([request]))[request])


def search(text: str, first: int = 7) -> ProductsRequest:
    """Return the request for products that match this text."""
    return ProductsRequest(page=PageRequest(first=first), search=text)


async def test_all_products_in_pages_of_seven_need_a_call_for_every_fifty(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        products = await all_pages(
            7, lambda page: list_products(provider, ProductsRequest(page=page))
        )
    assert [product.ref.native_id for product in products] == all_product_ids(simulator)
    assert take_paths(simulator) == [products_path(page) for page in range(1, 6)]


async def test_a_page_of_products_has_offsets_and_the_total(provider: Provider) -> None:
    page = await list_products(provider, ProductsRequest(page=PageRequest(first=7)))
    assert (page.ends, page.has_next, page.total) == ((1, 2, 3, 4, 5, 6, 7), True, 201)


async def test_a_listed_product_has_all_fields(
    provider: Provider, simulator: AximSimulator
) -> None:
    (product,) = (await list_products(provider, ProductsRequest(page=PageRequest(first=1)))).items
    source = all_products(simulator)[0]
    assert product == Product(
        ref=product_ref(source["id"]),
        name="Oslo armchair",
        description="Low armchair in oiled oak",
        sku="FUR-001",
        price=Money(amount=Decimal(349), currency_code=None),
        status=ProductStatus.ACTIVE,
        detail=ProductDetail(
            image_url="https://images.example.com/axim/fur-001.jpg",
            created_at=datetime(2025, 1, 1, 9, 0, 0, 216_000, UTC),
            updated_at=datetime(2025, 1, 1, 9, 0, 0, 791_000, UTC),
        ),
        groups=tuple(map(group_ref, source["productGroups"])),
    )


@pytest.mark.parametrize(
    ("text", "skus", "total"),
    [
        ("OSLO ARM", ["FUR-001"], 1),
        ("fur-00", [f"FUR-00{number}" for number in range(1, 8)], None),
        ("malmö coffee", ["FUR-015"], 1),
        ("no such thing", [], 0),
    ],
)
async def test_a_search_matches_names_and_skus_in_any_case(
    provider: Provider, text: str, skus: list[str], total: int | None
) -> None:
    page = await list_products(provider, search(text))
    assert [product.sku for product in page.items] == skus
    assert (page.has_next, page.total) == (total is None, total)


async def test_a_search_reads_pages_until_its_own_page_is_full(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        page = await list_products(provider, search("fur-0", 28))
        assert (page.ends[-1], take_paths(simulator)) == (28, [products_path(1)])
        page = await list_products(provider, search("fur-0", 29))
    assert (len(page.items), page.has_next) == (28, False)
    assert take_paths(simulator) == [products_path(page) for page in range(2, 6)]


async def test_a_product_without_a_name_and_a_sku_matches_no_search(
    alter_responses: AlterResponses,
) -> None:
    provider = alter_responses(lambda _path, _body: {"data": [{"id": "p1"}]})
    assert (await list_products(provider, search(""))).items == ()


async def test_a_hundred_products_need_two_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = all_product_ids(simulator)[::-2][:100]
    refs = product_refs(ids)
    with request_scope():
        products = await provider.get_products(refs)
        assert await provider.get_products(refs) == products
    assert {ref: unwrap(product).ref for ref, product in products.items()} == {
        ref: ref for ref in refs
    }
    assert take_paths(simulator) == [batch_path(ids[:50]), batch_path(ids[50:])]


async def test_the_same_product_a_hundred_times_needs_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    native_id = all_product_ids(simulator)[0]
    products = await provider.get_products([product_ref(native_id)] * 100)
    assert list(products) == [product_ref(native_id)]
    assert take_paths(simulator) == [batch_path([native_id])]


async def test_products_of_cached_pages_need_no_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = all_product_ids(simulator)
    with request_scope():
        await list_products(provider, ProductsRequest(page=PageRequest(first=50, offset=50)))
        take_paths(simulator)
        refs = product_refs(ids[50:100])
        assert list(await provider.get_products(refs)) == refs
        assert take_paths(simulator) == []
        assert len(await provider.get_products(product_refs(ids[99:102]))) == 3
    assert take_paths(simulator) == [batch_path(ids[100:102])]


async def test_a_product_missing_from_the_response_is_not_found(
    provider: Provider, simulator: AximSimulator
) -> None:
    known = all_product_ids(simulator)[0]
    products = await provider.get_products(product_refs([UNKNOWN_ID, known]))
    assert list(products) == [product_ref(known)]
    assert take_paths(simulator) == [batch_path([UNKNOWN_ID, known])]


async def test_an_id_that_cannot_be_sent_is_not_found_without_a_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    first, second = all_product_ids(simulator)[:2]
    assert await provider.get_products(product_refs(["", f"{first},{second}"])) == {}
    assert take_paths(simulator) == []


async def test_products_are_matched_by_id_in_any_order(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    provider = alter_responses(lambda _path, body: body | {"data": body["data"][::-1]})
    refs = product_refs(all_product_ids(simulator)[:20])
    products = await provider.get_products(refs)
    assert {ref: unwrap(product).ref for ref, product in products.items()} == {
        ref: ref for ref in refs
    }


def unfiltered(simulator: AximSimulator) -> Any:
    """Return an alteration that ignores the ids of a batch."""
    first = all_products(simulator)[:50]

    def alter(path: str, body: Any) -> Any:
        if "entityId" not in path:
            return body
        return {"success": True, "data": first}

    return alter


async def test_products_are_read_one_by_one_if_the_batch_contains_others(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    ids = all_product_ids(simulator)
    requested = [ids[3], ids[60], ids[70], UNKNOWN_ID]
    provider = alter_responses(unfiltered(simulator))
    products = await provider.get_products(product_refs(requested))
    assert {unwrap(product).ref.native_id for product in products.values()} == set(requested[:3])
    assert take_paths(simulator) == [
        batch_path(requested),
        f"/products/{ids[60]}",
        f"/products/{ids[70]}",
        f"/products/{UNKNOWN_ID}",
    ]


async def test_a_response_with_another_product_is_not_used(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    def with_another_id(path: str, body: Any) -> Any:
        return 400 if "entityId" in path else {"data": body["data"] | {"id": UNKNOWN_ID}}

    provider = alter_responses(with_another_id)
    assert await provider.get_products(product_refs(all_product_ids(simulator)[:1])) == {}


async def test_products_are_read_one_by_one_if_the_batch_is_truncated(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    requested = all_product_ids(simulator)[:4]

    def shortened(path: str, body: Any) -> Any:
        return body | {"data": body["data"][:2]} if "entityId" in path else body

    products = await alter_responses(shortened).get_products(product_refs(requested))
    assert [unwrap(product).ref.native_id for product in products.values()] == requested
    assert take_paths(simulator) == [
        batch_path(requested),
        f"/products/{requested[2]}",
        f"/products/{requested[3]}",
    ]


async def test_products_are_read_one_by_one_if_the_batch_is_rejected(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    known = all_product_ids(simulator)[0]

    def strict(path: str, body: Any) -> Any:
        return 400 if "odd" in path else body

    provider = alter_responses(strict)
    products = await provider.get_products(product_refs([known, "odd"]))
    assert list(products) == [product_ref(known)]
    assert take_paths(simulator) == [
        batch_path([known, "odd"]),
        f"/products/{known}",
        "/products/odd",
    ]


async def test_a_batch_that_fails_fails_its_products_only(
    alter_responses: AlterResponses, simulator: AximSimulator
) -> None:
    ids = all_product_ids(simulator)[:60]
    provider = alter_responses(lambda path, body: 500 if path == batch_path(ids[50:]) else body)
    products = await provider.get_products(product_refs(ids))
    assert all(isinstance(products[ref], Product) for ref in product_refs(ids[:50]))
    failures = [products[ref] for ref in product_refs(ids[50:])]
    assert all(isinstance(failure, Unavailable) for failure in failures)
    assert len({id(failure) for failure in failures}) == 1
