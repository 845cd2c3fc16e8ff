"""Helpers that execute documents with the real schema over fake vendors."""

from typing import Any

from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey, Ref
from groupgate.loaders.dataloaders import Loaders
from groupgate.schema.build import build_schema
from groupgate.schema.context import Context
from groupgate.schema.errors import format_errors
from groupgate.schema.ids import encode_id
from groupgate.schema.queries import to_graphql

_SCHEMA = build_schema()

ERRORS = "userErrors { __typename code field }"


async def execute(document: str, *vendors: Provider, **variables: Any) -> dict[str, Any]:
    """Execute a document for a caller with all permissions; return the response."""
    providers = {vendor.key: vendor for vendor in vendors}
    context = Context(
        providers=providers,
        writable=frozenset(ProviderKey),
        loaders=Loaders(providers),
        request_id="r1",
        to_graphql=to_graphql,
    )
    result = await _SCHEMA.execute(document, variable_values=variables, context_value=context)
    response: dict[str, Any] = {"data": result.data}
    if result.errors:
        response["errors"] = format_errors(result.errors, "r1")
    return response


async def mutate(call: str, *vendors: Provider, **variables: Any) -> dict[str, Any]:
    """Execute one mutation that causes no top-level error; return its payload.

    The call may use the variables `$id`, `$ids`, `$other` and `$input`.
    """
    types = {"id": "ID!", "ids": "[ID!]!", "other": "ID!", "input": "GroupInput!"}
    declarations = [f"${name}: {types[name]}" for name in variables]
    head = f"mutation({', '.join(declarations)})" if declarations else "mutation"
    response = await execute(f"{head} {{ payload: {call} }}", *vendors, **variables)
    assert "errors" not in response, response["errors"]
    payload: dict[str, Any] = response["data"]["payload"]
    return payload


def ids(*refs: Ref) -> list[str]:
    """Return the global ids of these refs."""
    return [encode_id(ref) for ref in refs]


def user_error(code: str, *field: str, kind: str = "InvalidInputError") -> dict[str, Any]:
    """Return a user error as `ERRORS` selects it; no field means that `field` is null."""
    return {"__typename": kind, "code": code, "field": list(field) or None}
