"""A key that is revoked while a request is under way, at vendors that it takes several calls."""

import pytest

from tests.faults.between import between
from tests.faults.faults import after, answered
from tests.faults.serving import Served

pytestmark = pytest.mark.anyio

WALK = """
query($key: ProviderKey!) {
  provider(key: $key) {
    productCollections(first: 1) { nodes { name groups(first: 1) { nodes { name
      products(first: 1) { nodes { name } } } } } }
  }
}
"""


GROUPS = ["provider", "productCollections", "nodes", 0, "groups"]


@pytest.mark.parametrize(
    ("key", "name", "path"),
    [
        ("DODO", "Kestrel CRM", GROUPS),
        ("TWO_CHECKOUT", "2Checkout", [*GROUPS, "nodes", 0, "products"]),
    ],
)
async def test_what_was_read_before_stands(
    vendors: Served, key: str, name: str, path: list[str | int]
) -> None:
    """The rest is null, with an error at its path; it is asked for once."""
    async with between(vendors, key, after(1, answered(401))) as way:
        answer = await way.ask(WALK, key=key)
        assert way.proxy.arrived == 2
    (collection,) = answer["data"]["provider"]["productCollections"]["nodes"]
    assert collection["name"] == name
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (path, "UPSTREAM_DENIED")
