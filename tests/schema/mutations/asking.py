"""Documents executed by the real schema over made-up vendors."""

from typing import Any

from groupgate.schema.to_graphql import to_graphql

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey, Ref
from groupgate.loaders.dataloaders import Loaders
from groupgate.schema.build import build_schema
from groupgate.schema.context import Context
from groupgate.schema.ids import encode_id
from groupgate.schema.top_level_errors import format_errors

_SCHEMA = build_schema()

WHY = "userErrors { __typename code field }"


async def ask(document: str, *vendors: Provider, **variables: Any) -> dict[str, Any]:
    """Execute a document for a caller who may do all; return data, and errors as they are told."""
    providers = {vendor.key: vendor for vendor in vendors}
    context = Context(
        providers=providers,
        writable=frozenset(ProviderKey),
        loaders=Loaders(providers),
        request_id="r1",
        to_graphql=to_graphql,
    )
    result = await _SCHEMA.execute(document, variable_values=variables, context_value=context)
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = format_errors(result.errors, "r1")
    return answer


async def mutate(call: str, *vendors: Provider, **variables: Any) -> dict[str, Any]:
    """Execute one mutation that nothing is wrong with at the top level; return its payload.

    `$id`, `$ids`, `$other` are declared for whoever uses them.
    """
    declared = {"id": "ID!", "ids": "[ID!]!", "other": "ID!", "input": "GroupInput!"}
    names = [f"${name}: {declared[name]}" for name in variables]
    head = f"mutation({', '.join(names)})" if names else "mutation"
    answer = await ask(f"{head} {{ payload: {call} }}", *vendors, **variables)
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"]["payload"]
    return payload


def ids(*refs: Ref) -> list[str]:
    """Global ids of these."""
    return [encode_id(ref) for ref in refs]


def error(code: str, *field: str, kind: str = "InvalidInputError") -> dict[str, Any]:
    """A user error as `WHY` selects it; without a field the argument to blame is not known."""
    return {"__typename": kind, "code": code, "field": list(field) or None}
