"""Two merchants with equal ids in one deployment: nothing of one is seen by the other.

Random requests are sent to a gateway with the accounts of both merchants, many at the same time.
The requests to each merchant's accounts are also sent to a gateway that has only these. Both
gateways must give the same responses, and leave the merchants' catalogues in the same state. Some
queries read objects of both merchants, and must return what each has alone.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx
import pytest
from msgspec.structs import replace

from groupgate.domain.refs import (
    AccountKey,
    CollectionRef,
    GroupRef,
    NamedAccount,
    ProductRef,
    ProviderKey,
    Ref,
)
from groupgate.schema.ids import encode_id, try_decode_id
from tests.e2e.merchants import BOTH, MERCHANTS, Merchant, open_accounts

pytestmark = pytest.mark.anyio

REQUESTS: Final = int(os.environ.get("ACCOUNT_REQUESTS", "500"))
"""Requests to the gateway with both merchants."""

MOST_AT_ONCE: Final = 6
"""Requests to one merchant that are sent at the same time, if all are queries."""

SETTINGS: Final = {"cache_ttl": 10_000, "cache_stale_if_error": 0, "deadline": 60}

WRITES: Final = 0.5
"""The part of the turns of a merchant that is one mutation."""

GROUP: Final = (
    "id name status products(first: 30) { totalCount nodes { id name price { amount } } }"
)
PAYLOAD: Final = (
    "group { id name products(first: 50) { nodes { id } } } userErrors { code message }"
)

NODE: Final = (
    "query ($id: ID!) { node(id: $id) { __typename id ... on Product { name status groups { id } }"
    " ... on Group { name provider { account } } ... on ProductCollection { name } } }"
)
READ_GROUP: Final = f"query ($id: ID!) {{ group(id: $id) {{ revision {GROUP} }} }}"
READ_COLLECTION: Final = (
    "query ($id: ID!) { productCollection(id: $id) { id name groups(first: 20) { nodes { id name }"
    " } } }"
)
NODES: Final = (
    "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { name } ... on Group { name } } }"
)
OF_PROVIDER: Final = (
    "query ($key: ProviderKey!, $account: String, $search: String) { provider(key: $key,"
    " account: $account) { id account products(first: 20, search: $search) { nodes { id name }"
    " pageInfo { endCursor } } groups(first: 30) { nodes { id name } } } }"
)
LOOKUP: Final = (
    "query ($key: ProviderKey!, $account: String, $id: String!) { provider(key: $key,"
    " account: $account) { product(nativeId: $id) { id name } } }"
)
PROVIDERS: Final = (
    "{ providers { id key account productCollections(first: 5) { nodes { id name } }"
    " products(first: 3) { nodes { id name } } } }"
)
UPDATE: Final = (
    "mutation ($id: ID!, $name: String!) { groupUpdate(id: $id, input: {name: $name})"
    f" {{ {PAYLOAD} plan {{ path }} }} }}"
)
CREATE: Final = (
    "mutation ($id: ID!, $name: String!, $products: [ID!]!) { groupCreate(collectionId: $id,"
    f" input: {{name: $name}}, productIds: $products) {{ {PAYLOAD} }} }}"
)
DELETE: Final = (
    "mutation ($id: ID!) { groupDelete(id: $id) { deletedGroupId userErrors { code message } } }"
)
ASSIGN: Final = (
    "mutation ($id: ID!, $products: [ID!]!) { groupAssignProducts(id: $id, productIds: $products)"
    f" {{ assignedProductIds {PAYLOAD} }} }}"
)
UNASSIGN: Final = (
    "mutation ($id: ID!, $products: [ID!]!) { groupUnassignProducts(id: $id,"
    f" productIds: $products) {{ unassignedProductIds {PAYLOAD} }} }}"
)
SET: Final = (
    "mutation ($id: ID!, $products: [ID!]!) { groupSetProducts(id: $id, productIds: $products)"
    f" {{ {PAYLOAD} }} }}"
)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request of a caller; `merchant` is the one whose accounts it is about."""

    merchant: str
    caller: str
    query: str
    variables: Mapping[str, Any]
    key: str | None = None
    """The `Idempotency-Key`, if the request has one."""

    async def send(self, http: httpx.AsyncClient) -> Any:
        """Send the request; return the response without what differs each time."""
        headers = {"Authorization": f"Bearer {self.caller}"}
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        body = {"query": self.query, "variables": self.variables}
        response = await http.post("/graphql", json=body, headers=headers)
        decoded = response.json()
        for error in decoded.get("errors", ()):
            for name in ("requestId", "cause"):
                error["extensions"].pop(name, None)
        return decoded


class Generator:
    """Makes random operations on the objects that responses have shown, at either merchant."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seen: dict[Ref, None] = {}
        self._names = 0
        self.kinds: dict[str, int] = {}

    def note(self, response: Any) -> None:
        """Collect the objects in a response, without their account."""
        for text in _strings(response):
            ref = try_decode_id(text)
            if isinstance(ref, Ref):
                self._seen[replace(ref, provider=ref.provider.vendor)] = None

    def queries(self, merchant: str) -> list[Operation]:
        """Make some queries, of which several can be the same."""
        made = [self._query(merchant) for _ in range(self._random.randint(1, MOST_AT_ONCE))]
        return made + made[: self._random.randint(0, 1)]

    def mutation(self, merchant: str) -> Operation:
        """Make a mutation; in half of all cases with a key that both merchants' callers use."""
        self._names += 1
        name = f"Group {self._names} [{merchant}]"
        group, vendor = self._some(GroupRef), self._random.choice(list(ProviderKey))
        document, ref = self._random.choice(
            [
                (UPDATE, group),
                (DELETE, group),
                (ASSIGN, group),
                (UNASSIGN, group),
                (SET, group),
                (CREATE, self._some(CollectionRef, vendor)),
            ]
        )
        caller = self._caller(merchant)
        variables: dict[str, Any] = {"id": self._id(merchant, caller, ref)}
        if "$name" in document:
            variables["name"] = name
        if "$products" in document:
            products = [self._some(ProductRef, ref.provider.vendor) for _ in range(2)]
            variables["products"] = [self._id(merchant, caller, each) for each in set(products)]
        key = f"key-{self._names // 2}" if caller != BOTH and self._random.random() < 0.5 else None
        return self._operation(merchant, caller, document, variables, key)

    def refs(self) -> list[Ref]:
        """Return some objects of all vendors, without their account."""
        return [self._some(Ref) for _ in range(6)]

    def _query(self, merchant: str) -> Operation:
        caller = self._caller(merchant)
        vendor = self._random.choice(list(ProviderKey))
        account = merchant if caller == BOTH or self._random.random() < 0.5 else None
        search = self._random.choice([None, "e", merchant])
        of_vendor = {"key": vendor.value, "account": account}
        kind = self._random.choice([NODE, READ_GROUP, READ_COLLECTION, NODES, OF_PROVIDER, LOOKUP])
        variables: dict[str, Any]
        if kind == OF_PROVIDER:
            variables = {**of_vendor, "search": search}
        elif kind == LOOKUP:
            variables = {**of_vendor, "id": self._some(ProductRef, vendor).native_id}
        elif kind == NODES:
            variables = {"ids": [self._id(merchant, caller, self._some(Ref)) for _ in range(4)]}
        else:
            kinds = {READ_GROUP: GroupRef, READ_COLLECTION: CollectionRef}
            variables = {"id": self._id(merchant, caller, self._some(kinds.get(kind, Ref)))}
        if caller != BOTH and self._random.random() < 0.1:
            return self._operation(merchant, caller, PROVIDERS, {})
        return self._operation(merchant, caller, kind, variables)

    def _operation(
        self,
        merchant: str,
        caller: str,
        query: str,
        variables: Mapping[str, Any],
        key: str | None = None,
    ) -> Operation:
        self.kinds[query] = self.kinds.get(query, 0) + 1
        return Operation(
            merchant=merchant, caller=caller, query=query, variables=variables, key=key
        )

    def _caller(self, merchant: str) -> str:
        return self._random.choice([merchant, merchant, BOTH])

    def _some(self, kind: Any, vendor: ProviderKey | None = None) -> Any:
        """Return an object of this kind, without an account."""
        found = [
            ref
            for ref in self._seen
            if isinstance(ref, kind) and (vendor is None or ref.provider is vendor)
        ]
        return self._random.choice(found)

    def _id(self, merchant: str, caller: str, ref: Ref) -> str:
        """Return an id of the merchant's object, or one that leads its own caller nowhere else."""
        own = NamedAccount(ref.provider.vendor, merchant)
        others = [name for name in (*MERCHANTS, "nobody") if name != merchant]
        strange = NamedAccount(ref.provider.vendor, self._random.choice(others))
        choices: list[AccountKey] = [own] * 6
        if caller != BOTH:
            choices += [ref.provider, ref.provider, strange]
        return encode_id(replace(ref, provider=self._random.choice(choices)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    ):
        yield from _strings(one)


async def send_all(http: httpx.AsyncClient, operations: Sequence[Operation]) -> list[Any]:
    """Send operations at the same time; return their responses in order."""
    return await asyncio.gather(*(operation.send(http) for operation in operations))


async def check_mixed(
    refs: Sequence[Ref], shared: httpx.AsyncClient, own: Mapping[str, httpx.AsyncClient]
) -> None:
    """Read objects of both merchants with equal ids in one query, and each merchant's alone."""

    def read(*names: str) -> Operation:
        accounts = [
            (ref, NamedAccount(ref.provider.vendor, name)) for ref in refs for name in names
        ]
        ids = [encode_id(replace(ref, provider=account)) for ref, account in accounts]
        return Operation(merchant="", caller=BOTH, query=NODES, variables={"ids": ids})

    mixed = (await read(*MERCHANTS).send(shared))["data"]["nodes"]
    for index, (name, http) in enumerate(own.items()):
        expected = (await read(name).send(http))["data"]["nodes"]
        assert mixed[index :: len(own)] == expected, name


async def learn(generator: Generator, gateways: Mapping[str, httpx.AsyncClient]) -> None:
    """Show the generator the objects of each merchant."""
    for name, http in gateways.items():
        queries: list[tuple[str, dict[str, Any]]] = [(PROVIDERS, {})]
        queries += [(OF_PROVIDER, {"key": key.value}) for key in ProviderKey]
        operations = [
            Operation(merchant=name, caller=name, query=query, variables=variables)
            for query, variables in queries
        ]
        for response in await send_all(http, operations):
            generator.note(response)


async def check_isolation(
    folder: Path, together: Sequence[Merchant], shared: httpx.AsyncClient, requests: int
) -> None:
    """Send random requests to a gateway with both merchants, and to one of each alone."""
    random = Random(requests)  # noqa: S311 - no secrets
    generator = Generator(random)
    alone = {name: Merchant(name) for name in MERCHANTS}
    before = {name: merchant.snapshots() for name, merchant in alone.items()}
    sent = failed = 0
    async with (
        open_accounts(folder, [alone["eu"]], **SETTINGS) as eu,
        open_accounts(folder, [alone["us"]], **SETTINGS) as us,
    ):
        own = {"eu": eu, "us": us}
        await learn(generator, own)
        while sent < requests:
            operations = [
                operation
                for name in MERCHANTS
                for operation in (
                    [generator.mutation(name)]
                    if random.random() < WRITES
                    else generator.queries(name)
                )
            ]
            random.shuffle(operations)
            responses = await send_all(shared, operations)
            for name, http in own.items():
                turn = [one for one in operations if one.merchant == name]
                seen = [
                    response
                    for operation, response in zip(operations, responses, strict=True)
                    if operation.merchant == name
                ]
                assert seen == await send_all(http, turn), turn
                (other,) = set(MERCHANTS) - {name}
                assert f"[{other}]" not in json.dumps(seen), turn
                failed += sum("errors" in response for response in seen)
                generator.note(seen)
            await check_mixed(generator.refs(), shared, own)
            sent += len(operations) + 1
    for merchant in together:
        name = merchant.name
        assert merchant.snapshots() == alone[name].snapshots() != before[name]
    assert 0 < failed < requests / 4
    assert len(generator.kinds) == 13
    assert min(generator.kinds.values()) > requests / 200


async def test_nothing_of_one_merchant_is_seen_by_the_other(tmp_path: Path) -> None:
    together = [Merchant(name) for name in MERCHANTS]
    async with open_accounts(tmp_path, together, **SETTINGS) as shared:
        await check_isolation(tmp_path, together, shared, REQUESTS)
