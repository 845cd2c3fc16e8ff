"""Queries a gateway that has Toy Vendor; run by test_fourth_vendor.py as a process of its own.

Prints as JSON the response, the calls to the vendor, its rates, scopes, accounts and enum value.
"""

import asyncio
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx

import groupgate
from groupgate.app.auth.caller import SCOPES
from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect, policy_of
from groupgate.domain.refs import ProviderKey
from groupgate.schema.build import schema_sdl

QUERY = """{ provider(key: TOY) {
  name
  productCollections { nodes { name groups { nodes { name products { nodes { name } } } } } }
} }"""

ROOMS = [
    {
        "id": "attic",
        "name": "Attic",
        "shelves": [
            {"id": "trains", "name": "Trains", "toys": [{"id": "t1", "name": "Engine"}]},
            {"id": "dolls", "name": "Dolls", "toys": []},
        ],
    },
    {"id": "cellar", "name": "Cellar", "shelves": []},
]


ACCOUNTS = """
[[accounts]]
name = "shop"
vendor = "TOY"
TOY_API_KEY = "key of shop"
TOY_BASE_URL = "https://toys.example/v1"

[[accounts]]
name = "outlet"
vendor = "TOY"
TOY_API_KEY = "key of outlet"
TOY_BASE_URL = "https://toys.example/v1"
"""


def connect_accounts(settings: Settings, transport: httpx.AsyncBaseTransport) -> Vendors:
    """Connect the accounts."""
    Path("accounts.toml").write_text(ACCOUNTS, encoding="utf-8")
    return connect({}, lambda: transport, settings)


async def query_accounts() -> list[Any]:
    """Read an object by its id at each of two accounts, whose names are their keys."""

    def respond(request: httpx.Request) -> httpx.Response:
        name = request.headers["authorization"]
        return httpx.Response(200, json={"rooms": [{"id": "r", "name": name, "shelves": []}]})

    settings = Settings.from_variables({"GROUPGATE_ACCOUNTS": "accounts.toml"})
    vendors = connect_accounts(settings, httpx.MockTransport(respond))
    transport = httpx.ASGITransport(app=create_app(vendors, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        query = (
            "{ providers { account productCollections { nodes { name provider { account } } } } }"
        )
        response = await client.post("/graphql", json={"query": query})
    providers: list[Any] = response.json()["data"]["providers"]
    return providers


async def query() -> dict[str, Any]:
    """Send the query to a gateway whose vendor is in this process."""
    calls: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        calls.append(f"{request.method} {request.url} {request.headers['authorization']}")
        return httpx.Response(200, json={"rooms": ROOMS})

    settings = Settings.from_variables(os.environ)
    variables = {"TOY_API_KEY": "key", "TOY_BASE_URL": "https://toys.example/v1"}
    vendors = connect(variables, lambda: httpx.MockTransport(respond), settings)
    transport = httpx.ASGITransport(app=create_app(vendors, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        response = await client.post("/graphql", json={"query": QUERY})
    key = ProviderKey["TOY"]
    policy = policy_of(settings, key)
    return {
        "code": groupgate.__file__,
        "response": response.json(),
        "calls": calls,
        "rates": [asdict(policy.per_second), asdict(policy.per_minute)],
        "scopes": [scope for scope in SCOPES if scope.endswith(f":{key.value}")],
        "accounts": await query_accounts(),
        "enum": [line.strip() for line in schema_sdl().splitlines() if line.strip() == "TOY"],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(query())))  # noqa: T201 - the output of this process
