"""The limits on documents are settings, and what goes beyond one is told which."""

from typing import Any

import pytest

from tests.app.serving import gateway

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("setting", "limit", "allowed", "query"),
    [
        ("max_characters", "characters", 20, "{ providers { key name } }"),
        ("max_tokens", "tokens", 5, "{ providers { key name } }"),
        ("max_depth", "depth", 1, "{ providers { key } }"),
        ("max_fields", "fields", 2, "{ providers { key name } }"),
        ("max_aliases", "aliases", 1, "{ a: __typename b: __typename }"),
        ("max_directives", "directives", 0, "{ __typename @include(if: true) }"),
        ("max_points", "points", 1, "{ providers { products { nodes { id } } } }"),
    ],
)
async def test_each_limit_can_be_set(setting: str, limit: str, allowed: int, query: str) -> None:
    """A document beyond it is refused; the same document passes by default."""
    given: dict[str, Any] = {setting: allowed}
    async with gateway(**given) as client:
        response = await client.post("/graphql", json={"query": query})
    (error,) = response.json()["errors"]
    told = error["extensions"]
    assert response.status_code == 400
    assert (told["code"], told["limit"], told["allowed"]) == (
        "DOCUMENT_TOO_COMPLEX",
        limit,
        allowed,
    )
    async with gateway() as client:
        assert "data" in (await client.post("/graphql", json={"query": query})).json()
