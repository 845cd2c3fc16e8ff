"""GraphQL documents of mutations, built from a mutation's name, arguments and selection."""

from collections.abc import Mapping
from typing import Any, Final

from tests.e2e.gateway import Gateway

USER_ERRORS = "userErrors { __typename code field }"
PLAN = "plan { method path }"
GROUP = "group { id name status access description templateName }"
PRODUCTS = "group { products(first: 100) { nodes { id } } }"
REVISION: Final = (
    "query($id: ID!) { node(id: $id) { ... on Group { revision }"
    " ... on ProductCollection { revision } } }"
)
READ_ALL_GROUPS: Final = (
    "{ providers { productCollections { nodes { groups { nodes { id } } } } } }"
)

_TYPES = {
    "id": "ID!",
    "collectionId": "ID!",
    "groupId": "ID!",
    "productId": "ID!",
    "fromGroupId": "ID!",
    "toGroupId": "ID!",
    "productIds": "[ID!]!",
    "groupIds": "[ID!]!",
    "provider": "ProviderKey!",
    "group": "GroupInput",
    "position": "Int",
    "ifRevision": "String",
    "dryRun": "Boolean!",
}
"""Types of arguments by name; the type of `input` depends on the mutation."""


def document(name: str, select: str, arguments: Mapping[str, Any]) -> str:
    """Return a document of one mutation, whose payload has the alias `payload`."""
    return f"mutation({declared(name, arguments)}) {{ {call(name, select, arguments)} }}"


def declared(name: str, arguments: Mapping[str, Any]) -> str:
    """Return the declarations of a variable for each argument."""
    types = _TYPES | {"input": _input(name)}
    return ", ".join(f"${argument}: {types[argument]}" for argument in arguments)


def call(name: str, select: str, arguments: Mapping[str, Any]) -> str:
    """Return the field of a mutation with a variable for each argument."""
    given = ", ".join(f"{argument}: ${argument}" for argument in arguments)
    return f"payload: {name}({given}) {{ {select} }}"


async def mutate(gateway: Gateway, name: str, select: str, **arguments: Any) -> dict[str, Any]:
    """Send one mutation; assert that it has no top-level errors and return its payload."""
    data = await gateway.data(document(name, select, arguments), **arguments)
    payload: dict[str, Any] = data["payload"]
    return payload


def _input(name: str) -> str:
    if name.startswith("productCollection"):
        return "ProductCollectionInput!"
    return "GroupProductInput!" if name == "groupProductUpdate" else "GroupInput!"
