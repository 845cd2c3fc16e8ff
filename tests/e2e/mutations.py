"""Documents of mutations, written out of the name of a mutation, its arguments and a selection."""

from typing import Any

from tests.e2e.gateway import Gateway

WHY = "userErrors { __typename code field }"
PLAN = "plan { method path }"
GROUP = "group { id name status access description templateName }"

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
"""The types of arguments by their names; that of `input` is told by the mutation."""


def document(name: str, select: str, arguments: dict[str, Any]) -> str:
    """Write a document of one mutation; its payload is called `payload`."""
    return f"mutation({declared(name, arguments)}) {{ {call(name, select, arguments)} }}"


def declared(name: str, arguments: dict[str, Any], suffix: str = "") -> str:
    """Declare a variable for each argument."""
    types = _TYPES | {"input": _input(name)}
    return ", ".join(f"${argument}{suffix}: {types[argument]}" for argument in arguments)


def call(name: str, select: str, arguments: dict[str, Any], suffix: str = "") -> str:
    """Call a mutation with a variable for each argument."""
    given = ", ".join(f"{argument}: ${argument}{suffix}" for argument in arguments)
    return f"payload{suffix}: {name}({given}) {{ {select} }}"


async def mutate(gateway: Gateway, name: str, select: str, **arguments: Any) -> dict[str, Any]:
    """Send one mutation that nothing is wrong with at the top level; return its payload."""
    data = await gateway.data(document(name, select, arguments), **arguments)
    payload: dict[str, Any] = data["payload"]
    return payload


def _input(name: str) -> str:
    if name.startswith("productCollection"):
        return "ProductCollectionInput!"
    return "GroupProductInput!" if name == "groupProductUpdate" else "GroupInput!"
