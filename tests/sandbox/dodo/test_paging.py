"""Pages are numbered from 0, have 10 items by default and 100 at most, and no total."""

import dodopayments
import httpx
import pytest
from dodopayments import AsyncDodoPayments

pytestmark = pytest.mark.anyio


async def test_all_products_fit_in_two_pages_of_100(sdk: AsyncDodoPayments) -> None:
    pages = [
        [each.product_id for each in (await sdk.products.list(page_number=n, page_size=100)).items]
        for n in range(3)
    ]
    assert [len(page) for page in pages] == [100, 80, 0]
    assert len(set(pages[0]) | set(pages[1])) == 180


async def test_a_page_has_ten_items_by_default(sdk: AsyncDodoPayments) -> None:
    first = (await sdk.products.list()).items
    second = (await sdk.products.list(page_number=1)).items
    both = (await sdk.products.list(page_size=20)).items
    assert len(first) == 10
    assert first + second == both


async def test_the_collection_list_has_pages(sdk: AsyncDodoPayments) -> None:
    names = [
        [
            each.name
            for each in (await sdk.product_collections.list(page_number=n, page_size=2)).items
        ]
        for n in range(4)
    ]
    assert names == [
        ["Kestrel CRM", "Kestrel Cloud"],
        ["Marginalia for writers", "Kestrel Academy"],
        ["Kestrel Desk"],
        [],
    ]


async def test_a_list_has_items_and_no_other_field(http: httpx.AsyncClient) -> None:
    for path in ("/products", "/product-collections"):
        assert list((await http.get(path)).json()) == ["items"]
    assert (await http.get("/products?page_size=0")).json() == {"items": []}


async def test_a_page_size_above_100_returns_422(sdk: AsyncDodoPayments) -> None:
    with pytest.raises(dodopayments.UnprocessableEntityError) as failure:
        await sdk.products.list(page_size=101)
    assert failure.value.body == {
        "code": "INVALID_QUERY_PARAMS",
        "message": "page_size: expected 0 to 100",
    }


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("page_number=-1", "page_number: expected 0 to 2147483647"),
        ("page_number=2147483648", "page_number: expected 0 to 2147483647"),
        ("page_number=", "page_number: expected 0 to 2147483647"),
        ("page_number=٣", "page_number: expected 0 to 2147483647"),
        ("page_size=ten", "page_size: expected 0 to 100"),
        ("archived=yes", "archived: expected true or false"),
    ],
)
async def test_invalid_query_parameters_return_422(
    http: httpx.AsyncClient, query: str, message: str
) -> None:
    response = await http.get(f"/products?{query}")
    assert response.status_code == 422
    assert response.json() == {"code": "INVALID_QUERY_PARAMS", "message": message}
