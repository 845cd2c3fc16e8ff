"""A vendor key that is revoked while a request that takes several calls is running."""

import pytest

from tests.faults.faults import after, respond
from tests.faults.proxied_gateway import proxied_gateway
from tests.faults.serving import ServedSandbox

pytestmark = pytest.mark.anyio

ALL_LEVELS = """
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
async def test_fields_read_before_the_key_was_revoked_are_returned(
    vendors: ServedSandbox, key: str, name: str, path: list[str | int]
) -> None:
    """The next field is null with an error at its path; its call is not retried."""
    async with proxied_gateway(vendors, key, after(1, respond(401))) as gateway:
        response = await gateway.execute(ALL_LEVELS, key=key)
        assert gateway.proxy.arrived == 2
    (collection,) = response["data"]["provider"]["productCollections"]["nodes"]
    assert collection["name"] == name
    (error,) = response["errors"]
    assert (error["path"], error["extensions"]["code"]) == (path, "UPSTREAM_DENIED")
