"""What the Axim provider reads of products by themselves, and the calls it takes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from groupgate.domain.catalog import Money, Product, ProductDetail, ProductStatus
from groupgate.domain.errors import Malformed, Unavailable
from groupgate.domain.paging import Page, PageRequest, ProductsRequest
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey
from groupgate.providers.axim import Settings
from groupgate.request import request_scope
from groupgate.sandbox.axim import AximSimulator
from tests.providers.axim.reading import (
    UNKNOWN,
    Json,
    all_pages,
    batch,
    group_list,
    group_ref,
    groups_by_name,
    one_group,
    paths,
    product_list,
    product_ref,
    told,
    twisted,
)

pytestmark = pytest.mark.anyio


def products_of(simulator: AximSimulator) -> list[Json]:
    """Return the simulator's products in its order."""
    return simulator.snapshot()["products"]


def ids_of(simulator: AximSimulator) -> list[str]:
    """Return the ids of the simulator's products in its order."""
    return [product["id"] for product in products_of(simulator)]


def refs_to(native_ids: list[str]) -> list[ProductRef]:
    """Name products."""
    return [product_ref(native_id) for native_id in native_ids]


async def list_products(provider: Provider, ask: ProductsRequest) -> Page[Product]:
    """Return the page that is the answer to one ask."""
    return told((await provider.list_products([ask]))[ask])


def search(text: str, first: int = 7) -> ProductsRequest:
    """Ask for products that match."""
    return ProductsRequest(page=PageRequest(first=first), search=text)


async def test_all_products_come_in_pages_of_seven_for_a_call_per_fifty(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        products = await all_pages(
            7, lambda page: list_products(provider, ProductsRequest(page=page))
        )
    assert [product.ref.native_id for product in products] == ids_of(simulator)
    assert paths(simulator) == [product_list(page) for page in range(1, 6)]


async def test_a_page_of_products_tells_its_place_and_the_total(provider: Provider) -> None:
    page = await list_products(provider, ProductsRequest(page=PageRequest(first=7)))
    assert (page.ends, page.has_next, page.total) == ((1, 2, 3, 4, 5, 6, 7), True, 201)


async def test_a_listed_product_tells_everything(
    provider: Provider, simulator: AximSimulator
) -> None:
    (product,) = (await list_products(provider, ProductsRequest(page=PageRequest(first=1)))).items
    source = products_of(simulator)[0]
    assert product == Product(
        ref=product_ref(source["id"]),
        name="Oslo armchair",
        description="Low armchair in oiled oak",
        sku="FUR-001",
        price=Money(amount=Decimal(349), currency=None),
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
async def test_a_search_looks_into_names_and_skus_whatever_the_case(
    provider: Provider, text: str, skus: list[str], total: int | None
) -> None:
    page = await list_products(provider, search(text))
    assert [product.sku for product in page.items] == skus
    assert (page.has_next, page.total) == (total is None, total)


async def test_a_search_reads_until_its_page_is_filled(
    provider: Provider, simulator: AximSimulator
) -> None:
    with request_scope():
        page = await list_products(provider, search("fur-0", 28))
        assert (page.ends[-1], paths(simulator)) == (28, [product_list(1)])
        page = await list_products(provider, search("fur-0", 29))
    assert (len(page.items), page.has_next) == (28, False)
    assert paths(simulator) == [product_list(page) for page in range(2, 6)]


async def test_a_product_with_neither_name_nor_sku_is_in_no_search(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, _body: {"data": [{"id": "p1"}]})
    assert (await list_products(provider, search(""))).items == ()


async def test_a_hundred_products_cost_two_calls(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = ids_of(simulator)[::-2][:100]
    refs = refs_to(ids)
    with request_scope():
        products = await provider.get_products(refs)
        assert await provider.get_products(refs) == products
    assert {ref: told(product).ref for ref, product in products.items()} == {
        ref: ref for ref in refs
    }
    assert paths(simulator) == [batch(ids[:50]), batch(ids[50:])]


async def test_the_same_product_a_hundred_times_costs_one_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    native_id = ids_of(simulator)[0]
    products = await provider.get_products([product_ref(native_id)] * 100)
    assert list(products) == [product_ref(native_id)]
    assert paths(simulator) == [batch([native_id])]


async def test_products_of_pages_read_already_cost_nothing(
    provider: Provider, simulator: AximSimulator
) -> None:
    ids = ids_of(simulator)
    with request_scope():
        await list_products(provider, ProductsRequest(page=PageRequest(first=50, offset=50)))
        paths(simulator)
        refs = refs_to(ids[50:100])
        assert list(await provider.get_products(refs)) == refs
        assert paths(simulator) == []
        assert len(await provider.get_products(refs_to(ids[99:102]))) == 3
    assert paths(simulator) == [batch(ids[100:102])]


async def test_a_product_the_vendor_does_not_answer_with_is_not_found(
    provider: Provider, simulator: AximSimulator
) -> None:
    known = ids_of(simulator)[0]
    products = await provider.get_products(refs_to([UNKNOWN, known]))
    assert list(products) == [product_ref(known)]
    assert paths(simulator) == [batch([UNKNOWN, known])]


async def test_an_id_that_cannot_be_sent_is_not_found_without_a_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    first, second = ids_of(simulator)[:2]
    assert await provider.get_products(refs_to(["", f"{first},{second}"])) == {}
    assert paths(simulator) == []


async def test_products_are_found_by_id_in_an_answer_of_another_order(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, body: body | {"data": body["data"][::-1]})
    refs = refs_to(ids_of(simulator)[:20])
    products = await provider.get_products(refs)
    assert {ref: told(product).ref for ref, product in products.items()} == {
        ref: ref for ref in refs
    }


def unfiltered(simulator: AximSimulator) -> Any:
    """Make batches answer with the first products there are."""
    first = products_of(simulator)[:50]

    def twist(path: str, body: Any) -> Any:
        if "entityId" not in path:
            return body
        return {"success": True, "data": first}

    return twist


async def test_products_are_read_singly_where_the_batch_is_about_others(
    settings: Settings, simulator: AximSimulator
) -> None:
    ids = ids_of(simulator)
    asked = [ids[3], ids[60], ids[70], UNKNOWN]
    provider = twisted(settings, simulator, unfiltered(simulator))
    products = await provider.get_products(refs_to(asked))
    assert {told(product).ref.native_id for product in products.values()} == set(asked[:3])
    assert paths(simulator) == [
        batch(asked),
        f"/products/{ids[60]}",
        f"/products/{ids[70]}",
        f"/products/{UNKNOWN}",
    ]


async def test_another_product_than_the_one_asked_for_is_not_it(
    settings: Settings, simulator: AximSimulator
) -> None:
    def renamed(path: str, body: Any) -> Any:
        return 400 if "entityId" in path else {"data": body["data"] | {"id": UNKNOWN}}

    provider = twisted(settings, simulator, renamed)
    assert await provider.get_products(refs_to(ids_of(simulator)[:1])) == {}


async def test_products_are_read_singly_where_the_batch_is_cut_short(
    settings: Settings, simulator: AximSimulator
) -> None:
    asked = ids_of(simulator)[:4]

    def shortened(path: str, body: Any) -> Any:
        return body | {"data": body["data"][:2]} if "entityId" in path else body

    products = await twisted(settings, simulator, shortened).get_products(refs_to(asked))
    assert [told(product).ref.native_id for product in products.values()] == asked
    assert paths(simulator) == [batch(asked), f"/products/{asked[2]}", f"/products/{asked[3]}"]


async def test_products_are_read_singly_where_the_batch_is_refused(
    settings: Settings, simulator: AximSimulator
) -> None:
    known = ids_of(simulator)[0]

    def strict(path: str, body: Any) -> Any:
        return 400 if "odd" in path else body

    provider = twisted(settings, simulator, strict)
    products = await provider.get_products(refs_to([known, "odd"]))
    assert list(products) == [product_ref(known)]
    assert paths(simulator) == [
        batch([known, "odd"]),
        f"/products/{known}",
        "/products/odd",
    ]


async def test_a_batch_that_fails_fails_its_products_only(
    settings: Settings, simulator: AximSimulator
) -> None:
    ids = ids_of(simulator)[:60]
    provider = twisted(
        settings, simulator, lambda path, body: 500 if path == batch(ids[50:]) else body
    )
    products = await provider.get_products(refs_to(ids))
    assert all(isinstance(products[ref], Product) for ref in refs_to(ids[:50]))
    failures = [products[ref] for ref in refs_to(ids[50:])]
    assert all(isinstance(failure, Unavailable) for failure in failures)
    assert len({id(failure) for failure in failures}) == 1


async def test_statuses_are_what_the_products_tell(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = products_of(simulator)[:50]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        statuses = await provider.get_statuses([*refs, product_ref(UNKNOWN)])
    assert {ref.native_id: status for ref, status in statuses.items()} == {
        product["id"]: ProductStatus[product["status"].upper()] for product in products
    }
    assert len(paths(simulator)) == 2


async def test_a_product_without_a_status_has_no_answer(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, _body: {"data": [{"id": "p1"}]})
    assert await provider.get_statuses([product_ref("p1")]) == {}


async def test_products_tell_their_groups_in_the_same_call(
    provider: Provider, simulator: AximSimulator
) -> None:
    products = products_of(simulator)[:50]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        await provider.get_products(refs)
        groups = await provider.groups_of(refs)
    assert {ref.native_id: told(found) for ref, found in groups.items()} == {
        product["id"]: tuple(map(group_ref, product["productGroups"])) for product in products
    }
    assert paths(simulator) == [batch([product["id"] for product in products])]


def _silent(path: str, body: Any) -> Any:
    if path.startswith("/products"):
        for product in body["data"]:
            del product["productGroups"]
    return body


async def test_products_that_do_not_tell_their_groups_are_looked_for_in_all(
    settings: Settings, simulator: AximSimulator
) -> None:
    products = products_of(simulator)[:50]
    clothing = groups_by_name(simulator)["Clothing"]["id"]
    refs = [product_ref(product["id"]) for product in products]
    with request_scope():
        groups = await twisted(settings, simulator, _silent).groups_of(
            [*refs, product_ref(UNKNOWN)]
        )
    assert {ref.native_id: told(found) for ref, found in groups.items()} == {
        product["id"]: tuple(map(group_ref, product["productGroups"])) for product in products
    }
    assert paths(simulator)[-2:] == [group_list(1), one_group(clothing, 2)]


async def test_groups_that_cannot_be_read_whole_do_not_pass_for_none(
    settings: Settings, simulator: AximSimulator
) -> None:
    clothing = groups_by_name(simulator)["Clothing"]["id"]

    def broken(path: str, body: Any) -> Any:
        return {"success": False} if path == one_group(clothing, 2) else _silent(path, body)

    with pytest.raises(Malformed):
        await twisted(settings, simulator, broken).groups_of(refs_to(ids_of(simulator)[:1]))


async def test_a_group_holds_what_names_it(provider: Provider, simulator: AximSimulator) -> None:
    groups = groups_by_name(simulator)
    women, men = groups["Women"], groups["Men"]
    of_women, of_men = women["products"][0], men["products"][0]
    elsewhere = GroupRef(provider=ProviderKey.AXIM, collection_id="c1", native_id=women["id"])
    expected = {
        (group_ref(women["id"]), product_ref(of_women)): True,
        (group_ref(women["id"]), product_ref(of_men)): False,
        (group_ref(men["id"]), product_ref(of_men)): True,
        (group_ref(groups["Clothing"]["id"]), product_ref(of_men)): True,
        (group_ref(UNKNOWN), product_ref(of_men)): False,
        (group_ref(women["id"]), product_ref(UNKNOWN)): False,
        (elsewhere, product_ref(of_women)): False,
    }
    assert await provider.contains(list(expected)) == expected
    assert paths(simulator) == [batch([of_women, of_men, UNKNOWN])]


async def test_what_a_group_holds_is_not_guessed(
    settings: Settings, simulator: AximSimulator
) -> None:
    provider = twisted(settings, simulator, lambda _path, _body: 500)
    pair = (group_ref(UNKNOWN), product_ref(UNKNOWN))
    assert isinstance((await provider.contains([pair]))[pair], Unavailable)
