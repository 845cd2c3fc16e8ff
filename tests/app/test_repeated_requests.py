"""A query that was read before is neither decoded nor checked again, and means the same."""

import json
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from groupgate.app import call
from groupgate.app.call import KNOWN_OVERHEAD, Call, OperationReader
from groupgate.app.protocol.documents import Documents
from groupgate.app.protocol.requests import Parameters
from tests.app.gateway import gateway_client

pytestmark = pytest.mark.anyio

PROVIDER = "query($key: ProviderKey!) { provider(key: $key) { key } }"
SEVERAL = "query A { providers { key } } query B { providers { name } }"


async def post(client: httpx.AsyncClient, **parameters: object) -> httpx.Response:
    return await client.post("/graphql", json=parameters)


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the parameters that are decoded from now on."""
    found: list[bytes] = []
    decode = Call.decode_parameters

    def note(call: Call) -> Parameters:
        found.append(call.parameters)
        return decode(call)

    monkeypatch.setattr(Call, "decode_parameters", note)
    return found


async def test_equal_requests_are_decoded_once_and_others_by_themselves(
    decoded: list[bytes],
) -> None:
    async with gateway_client(cache_ttl=0) as client:
        for key in ("DODO", "DODO", "AXIM", "DODO"):
            response = await post(client, query=PROVIDER, variables={"key": key})
            found = {"key": key} if key == "DODO" else None  # no other vendor is configured
            assert response.json()["data"] == {"provider": found}
        assert len(decoded) == 2


async def test_the_operation_is_part_of_what_is_known() -> None:
    async with gateway_client(cache_ttl=0) as client:
        for name, fields in (("A", {"key"}), ("B", {"name"}), ("A", {"key"}), ("B", {"name"})):
            response = await post(client, query=SEVERAL, operationName=name)
            assert response.json()["data"]["providers"][0].keys() == fields


async def test_a_post_is_not_a_get() -> None:
    """The same bytes are parameters of a URL in one, and no JSON in the other."""
    parameters = "query={providers{key}}"
    async with gateway_client(cache_ttl=0) as client:
        for _ in range(2):
            assert (await client.get("/graphql", params=httpx.QueryParams(parameters))).is_success
            headers = {"Content-Type": "application/json"}
            response = await client.post("/graphql", content=parameters, headers=headers)
            assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", "variables": {"ids": []}},
        {"query": "{ providers { key } }", "extensions": {"any": 1}},
        {"query": "{ providers { key } ", "variables": {}},
    ],
    ids=["list", "extensions", "invalid"],
)
async def test_what_could_change_is_decoded_each_time(
    parameters: dict[str, object], decoded: list[bytes]
) -> None:
    """Lists could be changed, and stores lose documents; only valid queries are known."""
    async with gateway_client(cache_ttl=0) as client:
        first = await post(client, **parameters)
        assert (await post(client, **parameters)).json() == first.json()
    assert len(decoded) == 2


async def test_a_known_request_costs_the_same_points() -> None:
    async with gateway_client(cache_ttl=0, rate_points_per_minute=1000) as client:
        left = [
            int(
                (await post(client, query=PROVIDER, variables={"key": "DODO"}))
                .headers["RateLimit"]
                .split("r=")[1]
                .split(";")[0]
            )
            for _ in range(4)
        ]
    costs = [before - after for before, after in pairwise(left)]
    assert costs[0] > 0
    assert len(set(costs)) == 1


async def test_a_document_that_is_no_longer_cached_is_read_again(decoded: list[bytes]) -> None:
    async with gateway_client(cache_ttl=0) as client:
        await post(client, query="{ providers { key } }")
        with patch.object(Documents, "find", return_value=None):
            response = await post(client, query="{ providers { key } }")
    assert len(decoded) == 2
    assert response.json()["data"]["providers"][0] == {"key": "DODO"}


async def test_a_document_that_is_no_longer_trusted_is_refused(tmp_path: Path) -> None:
    text = "{ providers { key } }"
    other = "{ providers { name } }"
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({sha256(text.encode()).hexdigest(): text}))
    readers: list[OperationReader] = []
    original = OperationReader.__init__

    def keep(self: OperationReader, *args: object, **options: object) -> None:
        original(self, *args, **options)  # type: ignore[arg-type]
        readers.append(self)

    with patch.object(OperationReader, "__init__", keep):
        async with gateway_client(cache_ttl=0, trusted_documents=manifest) as client:
            id_ = sha256(text.encode()).hexdigest()
            for _ in range(2):
                assert (await post(client, documentId=id_)).json()["data"]
            manifest.write_text(json.dumps({sha256(other.encode()).hexdigest(): other}))
            readers[0].reload()
            response = await post(client, documentId=id_)
    assert response.json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_known_requests_are_bounded_in_bytes(
    monkeypatch: pytest.MonkeyPatch, decoded: list[bytes]
) -> None:
    monkeypatch.setattr(call, "MAX_KNOWN_BYTES", 3 * KNOWN_OVERHEAD)
    async with gateway_client(cache_ttl=0) as client:
        for name in "abca":
            await post(client, query=f"{{ {name}: providers {{ key }} }}")
        assert len(decoded) == 4
        await post(client, query="{ a: providers { key } }")
        assert len(decoded) == 4
