"""Caches between the gateway and its clients: max-age on demand, ETag and 304, tags."""

import asyncio
from hashlib import sha256

import httpx
import pytest

from groupgate.app.query_cache import QueryResponse
from groupgate.app.shared_caches import MAX_TAG_BYTES, tags_of
from groupgate.domain.refs import ProductRef, ProviderKey
from groupgate.schema.ids import encode_id, try_decode_id
from tests.app.gateway import gateway_client
from tests.e2e.test_direct_route import open_client

pytestmark = pytest.mark.anyio

PUBLIC = "public, max-age=60"
QUERY = """{ provider(key: DODO) { productCollections(first: 1) { nodes {
  id groups(first: 1) { nodes { id products(first: 1) { nodes { id } } } } } } } }"""
WITHOUT_IDS = "{ provider(key: DODO) { productCollections(first: 1) { nodes { name } } } }"
TOKENS = f"anna sha256:{sha256(b'anna').hexdigest()} read"


async def get(client: httpx.AsyncClient, query: str = QUERY, **headers: str) -> httpx.Response:
    """Send a query in the URL."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.get("/graphql", params={"query": query}, headers=given)


async def test_without_the_setting_nothing_is_stored_by_shared_caches() -> None:
    async with open_client() as client:
        response = await get(client)
    assert response.headers["cache-control"] == "no-cache"
    assert "cache-tag" not in response.headers


async def test_with_the_setting_complete_responses_are_public_and_have_tags() -> None:
    """The first comes from the vendor, the second from the query cache, a second later."""
    async with open_client(public_max_age=60) as client:
        first = await get(client)
        await asyncio.sleep(1)
        second = await get(client)
    collection = first.json()["data"]["provider"]["productCollections"]["nodes"][0]
    assert list(collection) == ["id", "groups"]
    assert [one.headers["cache-control"] for one in (first, second)] == [PUBLIC, PUBLIC]
    assert ("age" in first.headers, second.headers["age"]) == (False, "1")
    tags = first.headers["cache-tag"].split(",")
    assert tags[0] == "DODO"
    (group,) = collection["groups"]["nodes"]
    (product,) = group["products"]["nodes"]
    ids = [collection["id"], group["id"], product["id"]]
    refs = [try_decode_id(id_) for id_ in ids]
    assert set(tags[1:]) == {f"DODO:{ref.native_id}" for ref in refs}  # type: ignore[union-attr]
    assert len(tags) == 4
    assert first.headers["surrogate-key"].split(" ") == tags
    assert second.headers["cache-tag"] == first.headers["cache-tag"]
    assert first.headers["vary"] == "Authorization, Accept, Accept-Encoding"


async def test_a_response_without_ids_has_the_tags_of_its_vendors() -> None:
    async with open_client(public_max_age=60) as client:
        response = await get(client, WITHOUT_IDS)
    assert response.headers["cache-tag"] == "DODO"


@pytest.mark.parametrize(
    ("query", "status", "cache_control"),
    [
        ("{ provider(key: DODO) { status { state } } }", 200, "no-cache"),
        ("{ nope }", 400, "no-store"),
        ('{ node(id: "x") { id } }', 200, "no-cache"),
    ],
)
async def test_errors_and_states_are_not_public(
    query: str, status: int, cache_control: str
) -> None:
    async with open_client(public_max_age=60) as client:
        response = await get(client, query, accept="application/graphql-response+json")
    assert (response.status_code, response.headers["cache-control"]) == (status, cache_control)
    assert "cache-tag" not in response.headers


async def test_a_client_that_has_the_response_gets_304() -> None:
    """Also one that has it in another encoding; another media type is another response."""
    async with open_client() as client:
        whole = await get(client, accept="application/json")
        tag = whole.headers["etag"]
        same = [
            await get(client, accept="application/json", if_none_match=given)
            for given in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*")
        ]
        compressed = await get(
            client, accept="application/json", accept_encoding="gzip", if_none_match=tag
        )
        other = await get(client, accept="application/graphql-response+json", if_none_match=tag)
        changed = await get(client, accept="application/json", if_none_match='"other"')
    assert tag.startswith('W/"')
    for one in [*same, compressed]:
        assert (one.status_code, one.content) == (304, b"")
        assert one.headers["etag"] == tag
        assert one.headers["cache-control"] == "no-cache"
        assert one.headers["vary"] == "Authorization, Accept, Accept-Encoding"
        assert "content-type" not in one.headers
    assert (other.status_code, changed.status_code) == (200, 200)
    assert other.headers["etag"] != tag


async def test_what_needed_a_token_has_no_etag() -> None:
    async with gateway_client(tokens=TOKENS) as client:
        response = await get(client, "{ __typename }", authorization="Bearer anna")
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


def test_too_many_tags_leave_those_of_the_vendors() -> None:
    def tags(products: int) -> list[str]:
        ids = [
            encode_id(ProductRef(provider=ProviderKey.DODO, native_id=f"pdt_{number:06} ä"))
            for number in range(products)
        ]
        body = ("{" + ",".join(f'"{id_}"' for id_ in ids) + "}").encode()
        return tags_of(
            QueryResponse(
                body=body,
                operation_name="",
                points=1,
                read_at=0,
                writes={ProviderKey.DODO: 0},
                size=0,
            )
        )

    assert tags(2) == ["DODO", "DODO:pdt_000000%20%C3%A4", "DODO:pdt_000001%20%C3%A4"]
    assert len(",".join(tags(70))) <= MAX_TAG_BYTES
    assert len(tags(70)) == 71
    assert tags(200) == ["DODO"]
