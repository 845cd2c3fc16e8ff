"""The query cache: what is answered without execution, and what never is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from groupgate.app.auth import tokens
from groupgate.app.execution import Executor
from groupgate.app.factory import create_app
from groupgate.app.graphql import GraphQLEndpoint
from groupgate.app.memory_stores import MemoryBuckets
from groupgate.app.query_cache import MAX_WAITERS
from groupgate.app.settings import Settings
from groupgate.app.wiring import connect
from groupgate.domain.refs import ProviderKey
from groupgate.sandbox.app import Sandbox
from tests.app.live import served
from tests.e2e.gateway import Gateway, open_gateway, plain_transport
from tests.e2e.transports import FaultyVendors, VendorCalls

pytestmark = pytest.mark.anyio

AXIM_NAMES = "{ provider(key: AXIM) { groups(first: 3) { nodes { id name } } } }"
DODO_NAMES = "{ provider(key: DODO) { productCollections(first: 3) { nodes { id name } } } }"
RENAME = """
mutation ($id: ID!, $input: GroupInput!) {
  groupUpdate(id: $id, input: $input) { group { name } }
}
"""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts of the operations that are executed, in order."""
    texts: list[str] = []
    run = Executor.run

    async def record(self: Executor, operation: Any, *arguments: Any) -> Any:
        texts.append(operation.text)
        return await run(self, operation, *arguments)

    monkeypatch.setattr(Executor, "run", record)
    return texts


class FailingVendors(FaultyVendors):
    """Vendors that all respond with `response` while it is set."""

    def __init__(self) -> None:
        super().__init__(lambda _: self.response)
        self.response: httpx.Response | None = None


class HeldResponse(VendorCalls):
    """Holds the next vendor's response to a read, which is already made, until it is released."""

    def __init__(self) -> None:
        self.is_next = False
        self.reached = asyncio.Event()
        self.released = asyncio.Event()

    async def _send(
        self, request: httpx.Request, vendors: httpx.AsyncBaseTransport
    ) -> httpx.Response:
        response = await vendors.handle_async_request(request)
        if self.is_next and request.method == "GET":
            self.is_next = False
            self.reached.set()
            await self.released.wait()
        return response


@asynccontextmanager
async def open_cached(vendors: VendorCalls | None = None, **given: Any) -> AsyncIterator[Gateway]:
    """Open a gateway that caches, with these settings."""
    own = Settings.model_construct(**given)
    transport = (vendors or FailingVendors()).transport
    async with open_gateway(settings=own, transport=transport, upstream=own) as gateway:
        yield gateway


async def post(gateway: Gateway, query: str, **headers: str) -> httpx.Response:
    """Send a query with these headers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.post("/graphql", json={"query": query}, headers=given)


async def rename(gateway: Gateway, group: str, name: str) -> None:
    """Rename a group; the vendor must accept it."""
    data = await gateway.data(RENAME, id=group, input={"name": name})
    assert data == {"groupUpdate": {"group": {"name": name}}}


async def test_a_repeated_query_is_answered_with_the_same_bytes(executed: list[str]) -> None:
    """It is executed once. Everything but the age and the request's id is the same."""
    async with open_cached() as gateway:
        first = await post(gateway, AXIM_NAMES)
        second = await post(gateway, AXIM_NAMES)
        assert gateway.call_counts() == {"AXIM": 1}
    assert executed == [AXIM_NAMES]
    assert second.content == first.content
    own = {"age", "x-request-id"}
    assert {name: first.headers[name] for name in first.headers.keys() - own} == {
        name: second.headers[name] for name in second.headers.keys() - own
    }
    assert ("age" in first.headers, second.headers["age"]) == (False, "0")


async def test_get_and_post_have_entries_of_their_own(executed: list[str]) -> None:
    """A GET is also answered from the cache, with the Cache-Control of a GET."""
    async with open_cached() as gateway:
        answers = [
            await gateway.http.get("/graphql", params={"query": AXIM_NAMES}) for _ in range(2)
        ]
        await post(gateway, AXIM_NAMES)
    assert len(executed) == 2
    assert answers[0].content == answers[1].content
    assert [answer.headers["cache-control"] for answer in answers] == ["no-cache", "no-cache"]


async def test_the_media_type_is_that_of_each_request(executed: list[str]) -> None:
    """The bytes are the same for both media types."""
    async with open_cached() as gateway:
        first = await post(gateway, AXIM_NAMES, accept="application/json")
        second = await post(gateway, AXIM_NAMES, accept="application/graphql-response+json")
    assert len(executed) == 1
    assert first.headers["content-type"] == "application/json; charset=utf-8"
    assert second.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


async def test_a_write_drops_the_responses_of_its_vendor_only(executed: list[str]) -> None:
    """The next query is executed again and returns the new name; other vendors' stay."""
    async with open_cached() as gateway:
        before = (await post(gateway, AXIM_NAMES)).json()["data"]["provider"]["groups"]["nodes"]
        dodo = await post(gateway, DODO_NAMES)
        await rename(gateway, before[0]["id"], "Renamed")
        executed.clear()
        after = (await post(gateway, AXIM_NAMES)).json()["data"]["provider"]["groups"]["nodes"]
        assert (await post(gateway, DODO_NAMES)).content == dodo.content
    assert executed == [AXIM_NAMES]
    assert after[0] == {"id": before[0]["id"], "name": "Renamed"}
    assert after[1:] == before[1:]


@pytest.mark.parametrize(
    "headers", [{"cache_control": "no-cache"}, {"groupgate_explain": "1"}], ids=str
)
async def test_these_requests_are_always_executed(
    executed: list[str], headers: dict[str, str]
) -> None:
    """They neither use the cache nor fill it."""
    async with open_cached() as gateway:
        for _ in range(2):
            await post(gateway, AXIM_NAMES, **headers)
        assert len(executed) == 2
        await post(gateway, AXIM_NAMES)
        assert len(executed) == 3


async def test_the_state_of_a_vendor_is_never_cached(executed: list[str]) -> None:
    """It changes without a write."""
    async with open_cached() as gateway:
        for _ in range(2):
            response = await post(gateway, "{ provider(key: AXIM) { status { state } } }")
            assert response.json() == {"data": {"provider": {"status": {"state": "AVAILABLE"}}}}
    assert len(executed) == 2


async def test_responses_with_errors_are_not_cached(executed: list[str]) -> None:
    """The query is executed again, and succeeds as soon as the vendor does."""
    vendors = FailingVendors()
    async with open_cached(vendors) as gateway:
        vendors.response = httpx.Response(400)
        assert "errors" in (await post(gateway, AXIM_NAMES)).json()
        vendors.response = None
        assert list((await post(gateway, AXIM_NAMES)).json()) == ["data"]
    assert len(executed) == 2


async def test_stale_responses_are_not_cached(executed: list[str]) -> None:
    """Each of them reports that it is stale."""
    vendors = FailingVendors()
    async with open_cached(vendors, cache_ttl=0.001) as gateway:
        await post(gateway, AXIM_NAMES)
        vendors.response = httpx.Response(503)
        await asyncio.sleep(0.01)
        for _ in range(2):
            response = await post(gateway, AXIM_NAMES)
            assert list(response.json()["extensions"]) == ["stale"]
    assert len(executed) == 3


async def test_callers_with_other_permissions_receive_their_own_answer(
    executed: list[str],
) -> None:
    """Callers with the same permissions share; the others see their own vendors."""
    scopes = {"one": "read", "two": "read:AXIM", "three": "read"}
    lines = [
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {scope}"
        for name, scope in scopes.items()
    ]
    async with open_cached(tokens="\n".join(lines)) as gateway:
        query = "{ providers { key } }"
        keys = {}
        for name in scopes:
            response = await post(gateway, query, authorization=f"Bearer {name}")
            keys[name] = [each["key"] for each in response.json()["data"]["providers"]]
        assert (await post(gateway, query)).status_code == 401
    everything = [key.value for key in ProviderKey]
    assert keys == {"one": everything, "two": ["AXIM"], "three": everything}
    assert len(executed) == 2


async def test_callers_with_tokens_are_answered_on_the_direct_route(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each request identifies its caller: other permissions and removed tokens are seen."""
    handled: list[str] = []
    respond = GraphQLEndpoint.respond

    async def record(self: GraphQLEndpoint, request: Request) -> Response:
        handled.append(request.headers.get("authorization", ""))
        return await respond(self, request)

    monkeypatch.setattr(GraphQLEndpoint, "respond", record)
    monkeypatch.setattr(tokens, "CHECK_INTERVAL", 0)
    scopes = {"one": "read", "two": "read:AXIM", "three": "read"}
    file = tmp_path / "tokens"
    lines = [
        f"{name} sha256:{sha256(name.encode()).hexdigest()} {scope}"
        for name, scope in scopes.items()
    ]
    file.write_text("\n".join(lines), "utf-8")
    file.chmod(0o600)
    query = "{ providers { key } }"
    sandbox, own = Sandbox(unlimited=True), Settings.model_construct(tokens_file=file)
    vendors = connect(sandbox.environment("http://s"), lambda: plain_transport(sandbox), own)
    async with (
        served(create_app(vendors, own)) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):

        async def send(*names: str) -> httpx.Response:
            headers = [("authorization", f"Bearer {name}") for name in names]
            return await http.post("/graphql", json={"query": query}, headers=headers)

        async def keys_of(name: str) -> list[str]:
            return [each["key"] for each in (await send(name)).json()["data"]["providers"]]

        everything = [key.value for key in ProviderKey]
        assert [await keys_of("one") for _ in range(3)] == [everything] * 3
        assert await keys_of("three") == everything
        assert [await keys_of("two") for _ in range(2)] == [["AXIM"]] * 2
        assert handled == ["Bearer one", "Bearer one", "Bearer two"]
        file.write_text("\n".join(lines[1:]), "utf-8")
        assert (await send("one")).status_code == 401
        assert await keys_of("three") == everything
        assert (await send()).status_code == 401
        assert (await send("two", "three")).status_code == 401


async def test_each_caller_pays_for_a_cached_response(monkeypatch: pytest.MonkeyPatch) -> None:
    """The points are those of the executed query; no time passes in which some come back."""
    make = MemoryBuckets.__init__
    monkeypatch.setattr(
        MemoryBuckets, "__init__", lambda self, capacity: make(self, capacity, lambda: 0.0)
    )
    async with open_cached(rate_points_per_minute=1000) as gateway:
        levels = [
            int((await post(gateway, AXIM_NAMES)).headers["ratelimit"].split("r=")[1].split(";")[0])
            for _ in range(3)
        ]
    assert levels[0] - levels[1] == levels[1] - levels[2] == 1000 - levels[0] > 0


async def test_equal_queries_at_once_are_executed_once(executed: list[str]) -> None:
    """All of them receive the same bytes; another query is executed by itself."""
    async with open_cached() as gateway:
        queries = [AXIM_NAMES] * 60 + [DODO_NAMES] * 2
        answers = await asyncio.gather(*(post(gateway, query) for query in queries))
        assert gateway.call_counts() == {"AXIM": 1, "DODO": 1}
    assert sorted(executed) == sorted([AXIM_NAMES, DODO_NAMES])
    assert len({answer.content for answer in answers[:60]}) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 62


async def test_equal_queries_join_a_running_one_without_a_turn() -> None:
    """Only those beyond the 64 that wait need a place, of which there is one."""
    vendors = HeldResponse()
    async with open_cached(vendors, max_requests=1) as gateway:
        vendors.is_next = True
        first = asyncio.create_task(post(gateway, AXIM_NAMES))
        await vendors.reached.wait()
        others = [asyncio.create_task(post(gateway, AXIM_NAMES)) for _ in range(MAX_WAITERS + 1)]
        await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        vendors.released.set()
        answers = await asyncio.gather(first, *others)
        assert gateway.call_counts() == {"AXIM": 1}
    assert [answer.status_code for answer in answers] == [200] * MAX_WAITERS + [503] * 2


async def test_a_query_that_began_before_a_write_is_neither_joined_nor_cached(
    executed: list[str],
) -> None:
    """It returns the old name to its own client only, which has asked before the write ended."""
    vendors = HeldResponse()
    async with open_cached(vendors) as gateway:
        group = (await gateway.data(AXIM_NAMES))["provider"]["groups"]["nodes"][0]
        await rename(gateway, group["id"], "First")
        executed.clear()
        vendors.is_next = True
        before = asyncio.create_task(post(gateway, AXIM_NAMES))
        await vendors.reached.wait()
        joined = asyncio.create_task(post(gateway, AXIM_NAMES))
        await asyncio.sleep(0)
        await rename(gateway, group["id"], "Second")
        after = await post(gateway, AXIM_NAMES)
        vendors.released.set()
        answers = [await before, await joined, after, await post(gateway, AXIM_NAMES)]
    names = [answer.json()["data"]["provider"]["groups"]["nodes"][0]["name"] for answer in answers]
    assert names == ["First", "First", "Second", "Second"]
    assert executed == [AXIM_NAMES, RENAME, AXIM_NAMES]


async def test_equal_queries_at_once_that_fail_are_executed_each(executed: list[str]) -> None:
    """A response with errors is not shared, because errors can contain the request's id."""
    vendors = FailingVendors()
    vendors.response = httpx.Response(400)
    async with open_cached(vendors) as gateway:
        answers = await asyncio.gather(*(post(gateway, AXIM_NAMES) for _ in range(3)))
    assert [answer.json()["data"] for answer in answers] == [{"provider": {"groups": None}}] * 3
    assert [len(answer.json()["errors"]) for answer in answers] == [1, 1, 1]
    assert executed == [AXIM_NAMES] * 3


async def test_equal_mutations_at_once_are_all_executed(executed: list[str]) -> None:
    """Only queries are shared."""
    async with open_cached() as gateway:
        nodes = (await gateway.data(AXIM_NAMES))["provider"]["groups"]["nodes"]
        executed.clear()
        body = {"query": RENAME, "variables": {"id": nodes[0]["id"], "input": {"name": "Same"}}}
        await asyncio.gather(*(gateway.http.post("/graphql", json=body) for _ in range(3)))
    assert executed == [RENAME] * 3


async def test_with_a_ttl_of_0_equal_queries_call_the_vendor_each(executed: list[str]) -> None:
    """Who turns the cache off wants what the vendor has now."""
    async with open_cached(cache_ttl=0) as gateway:
        await asyncio.gather(*(post(gateway, AXIM_NAMES) for _ in range(3)))
        assert gateway.call_counts() == {"AXIM": 3}
    assert len(executed) == 3


STEPS = st.lists(st.sampled_from(["read", "reads", "write", "turn"]), min_size=1, max_size=40)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_no_response_is_older_than_a_write_before_it(steps: list[str]) -> None:
    """Whatever runs meanwhile: a query that is sent after a write has ended returns its name."""
    asyncio.run(_run_steps(steps))


async def _run_steps(steps: list[str]) -> None:
    async with open_cached() as gateway:
        group = (await gateway.data(AXIM_NAMES))["provider"]["groups"]["nodes"][0]
        name = group["name"]
        running: list[tuple[int, asyncio.Task[httpx.Response]]] = []
        names = [name]
        for number, step in enumerate(steps):
            if step == "write":
                names.append(f"Name {number}")
                await rename(gateway, group["id"], names[-1])
            elif step == "turn":
                await asyncio.sleep(0)
            else:
                count = 1 if step == "read" else 4
                running += [
                    (len(names) - 1, asyncio.create_task(post(gateway, AXIM_NAMES)))
                    for _ in range(count)
                ]
        for oldest, task in running:
            found = (await task).json()["data"]["provider"]["groups"]["nodes"][0]["name"]
            assert names.index(found) >= oldest


async def test_the_least_recently_used_response_is_dropped_first(executed: list[str]) -> None:
    """Each of these responses takes some 950 bytes, so that two of them fit."""
    a, b, c = "{ a: __typename }", "{ b: __typename }", "{ c: __typename }"
    async with open_cached(response_cache_bytes=2000) as gateway:
        for query in [a, b, a, c, a, c, b]:
            await post(gateway, query)
    assert executed == [a, b, c, b]


async def test_a_response_larger_than_the_cache_is_not_cached(executed: list[str]) -> None:
    """It does not drop the others, either."""
    small = "{ __typename }"
    async with open_cached(response_cache_bytes=1000) as gateway:
        for query in [small, AXIM_NAMES, AXIM_NAMES, small]:
            await post(gateway, query)
    assert executed == [small, AXIM_NAMES, AXIM_NAMES]
