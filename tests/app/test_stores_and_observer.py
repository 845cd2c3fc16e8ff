"""Stores and an observer passed to `create_app` and `connect` replace the defaults."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from groupgate.app.factory import create_app
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect, make_stores
from groupgate.domain.refs import ProviderKey
from groupgate.observer import EndedRequest, LogObserver, UpstreamCall
from groupgate.sandbox.app import Sandbox
from groupgate.stores import KeyInUse, KeyReused, Level, Stores
from tests.app.gateway import client_of
from tests.app.protocol.test_persisted_documents import digest, persisted

pytestmark = pytest.mark.anyio

QUERY = "{ providers { key } }"
GROUPS = "{ provider(key: AXIM) { productCollections { nodes { groups { totalCount } } } } }"
MUTATION = """mutation { groupUpdate(id: "x", input: {}) { userErrors { code } } }"""
CALLER = "anonymous:127.0.0.1"


class RecordingStores:
    """Idempotency results, documents and buckets that record what is called."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.texts: dict[str, str] = {}
        self._failure = failure

    async def begin(self, key: str, fingerprint: str) -> bytes | None:
        self.calls.append(("begin", key))
        assert len(fingerprint) == 64
        if self._failure is not None:
            raise self._failure
        return None

    async def finish(self, key: str, result: bytes) -> None:
        self.calls.append(("finish", key, result.decode()))

    async def abandon(self, key: str) -> None:
        self.calls.append(("abandon", key))

    async def get(self, document_hash: str) -> str | None:
        self.calls.append(("get", document_hash))
        return self.texts.get(document_hash)

    async def set(self, document_hash: str, text: str) -> None:
        self.calls.append(("set", document_hash))
        self.texts[document_hash] = text

    async def take(
        self,
        key: str,
        points: int,
        *,
        slack: int = 0,  # noqa: ARG002 - the bucket is never empty
        force: bool = False,  # noqa: ARG002
    ) -> Level:
        self.calls.append(("take", key, str(points)))
        return Level(was_taken=True, remaining=7, seconds=3)

    async def redeem(self, key: str) -> bool:
        self.calls.append(("redeem", key))
        return False


async def send(recording: RecordingStores, body: Mapping[str, Any], **headers: str) -> Any:
    """Send a request to a gateway with these stores and no vendor; return its response."""
    stores = Stores(idempotency=recording, documents=recording, buckets=recording)
    settings = Settings.model_construct(rate_points_per_minute=10)
    app = create_app(Vendors(providers={}, transports=()), settings, stores=stores)
    async with client_of(app) as client:
        return await client.post("/graphql", json=body, headers=headers)


async def test_rate_limits_use_the_buckets_given() -> None:
    recording = RecordingStores()
    response = await send(recording, {"query": "{ __typename }"})
    assert response.headers["ratelimit"] == '"points";r=7;t=3'
    assert recording.calls == [("redeem", CALLER), ("take", CALLER, "1")]


async def test_persisted_documents_use_the_store_given() -> None:
    recording = RecordingStores()
    hash_ = digest("{ __typename }")
    unknown = await send(recording, {"extensions": persisted(hash_)})
    stored = await send(recording, {"query": "{ __typename }", "extensions": persisted(hash_)})
    known = await send(recording, {"extensions": persisted(hash_)})
    assert [one.status_code for one in (unknown, stored, known)] == [400, 200, 200]
    calls = [call for call in recording.calls if call[0] not in {"redeem", "take"}]
    assert calls == [("get", hash_), ("set", hash_), ("get", hash_)]


async def test_idempotency_keys_use_the_store_given() -> None:
    recording = RecordingStores()
    response = await send(recording, {"query": MUTATION}, **{"Idempotency-Key": "k"})
    calls = [call for call in recording.calls if call[0] not in {"redeem", "take"}]
    assert calls[0] == ("begin", "anonymous\nk")
    assert [call[:2] for call in calls[1:]] == [("finish", "anonymous\nk")]
    data = response.json()["data"]
    assert data["groupUpdate"]["userErrors"] != []


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (KeyReused(), 422, "IDEMPOTENCY_KEY_REUSED"),
        (KeyInUse(), 409, "IDEMPOTENCY_KEY_IN_USE"),
    ],
)
async def test_a_key_that_the_store_rejects_is_an_error(
    failure: Exception, status: int, code: str
) -> None:
    recording = RecordingStores(failure)
    response = await send(recording, {"query": MUTATION}, **{"Idempotency-Key": "k"})
    assert response.status_code == status
    assert [one["extensions"]["code"] for one in response.json()["errors"]] == [code]


def test_the_default_stores_are_separate_for_each_gateway() -> None:
    first, second = [make_stores(Settings.model_construct()) for _ in range(2)]
    assert first.cache is None
    assert first.idempotency is not second.idempotency
    assert first.documents is not second.documents
    assert first.buckets is not second.buckets


class RecordingObserver(LogObserver):
    """Records the ends of calls and requests."""

    def __init__(self) -> None:
        self.calls: list[UpstreamCall] = []
        self.requests: list[EndedRequest] = []

    def upstream_call_ended(self, call: UpstreamCall) -> None:
        self.calls.append(call)

    def request_ended(self, request: EndedRequest) -> None:
        self.requests.append(request)


async def test_an_observer_receives_the_calls_and_the_end_of_each_request() -> None:
    sandbox, observer = Sandbox(unlimited=True), RecordingObserver()
    settings = Settings.model_construct(cache_ttl=0)
    vendors = connect(
        sandbox.environment("http://sandbox"),
        lambda: httpx.ASGITransport(app=sandbox),
        settings,
        observer,
    )
    async with client_of(create_app(vendors, settings, observer=observer)) as client:
        for query in (GROUPS, "{", MUTATION, '{ node(id: "x") { id } }'):
            headers = {"X-Request-Id": "one"}
            await client.post("/graphql", json={"query": query}, headers=headers)
        await client.get("/graphql", params={"query": "mutation M { x }"})
    ended = [
        (one.operation_type, one.operation_name, one.status, one.codes, one.upstream_calls)
        for one in observer.requests
    ]
    assert ended == [
        ("query", "", 200, (), 1),
        ("", "", 400, ("GRAPHQL_PARSE_FAILED",), 0),
        ("mutation", "", 200, (), 0),
        ("query", "", 200, ("BAD_USER_INPUT",), 0),
        ("", "", 400, ("GRAPHQL_VALIDATION_FAILED",), 0),
    ]
    assert [one.source.value for one in observer.requests] == [
        *("EXECUTED", "REFUSED", "EXECUTED", "EXECUTED", "REFUSED")
    ]
    assert [one.request_id for one in observer.requests[:4]] == ["one"] * 4
    assert {one.caller for one in observer.requests} == {"anonymous"}
    assert [(call.provider, call.operation) for call in observer.calls] == [
        (ProviderKey.AXIM, "GET /productGroup/all")
    ]
    assert all(one.milliseconds > 0 for one in observer.requests)
