"""A client that sends mutations to a gateway whose vendors are down a troublesome road."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import httpx

from groupgate.app.factory import create_app
from groupgate.app.idempotency import HEADER, REPLAYED
from groupgate.app.settings import Settings
from groupgate.app.wiring import Vendors, connect
from groupgate.domain.refs import ProviderKey
from tests.e2e.model.asking import Asked
from tests.e2e.model.catalogue import Shop
from tests.e2e.model.showing import fragments, selection
from tests.e2e.mutations import call, declared
from tests.faults.proxy import proxied
from tests.faults.serving import Served
from tests.faults.writes.choosing import Choice
from tests.faults.writes.judging import Case, Verdict, Write
from tests.faults.writes.road import DEADLINE, Carriage, Road, Weather
from tests.faults.writes.skipping import skip
from tests.faults.writes.tally import Tally
from tests.faults.writes.vendors import held, played

SETTINGS: Final = Settings.model_construct(
    deadline=DEADLINE, dodo_rate_per_second=None, dodo_rate_per_minute=None
)
PRIMING: Final = "{ providers { productCollections { nodes { groups { nodes { id } } } } } }"
WEATHERS: Final = (
    {"reads": 0.02, "writes": 0.3},
    {"reads": 0.15, "writes": 0.15},
    {"reads": 0.02, "writes": 0.7},
    {"reads": 0.35, "writes": 0.35},
)
"""Shares of the calls that meet trouble. A plan comes to its writes only if its reads went well."""
LATER: Final = {"reads": 0.05, "writes": 0.15}
"""By the time that a client sends again, it is mostly over."""
SENT_AT_MOST: Final = 3
"""How often a client sends the same mutation with the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mutation that was sent, and what came of it."""

    verdict: Verdict
    answer: Any


@dataclass(kw_only=True)
class Journey:
    """A sequence of mutations at one vendor; each is judged once the road is clear."""

    name: str
    served: Served
    http: httpx.AsyncClient
    vendors: Vendors
    road: Road
    tally: Tally
    shop: Shop
    """What the vendor holds."""

    async def step(self, number: int) -> None:
        """Send a mutation, with a key at times, and then as often as the client would."""
        name = f"{self.name} {number}"
        dice = Random(name)  # noqa: S311 - what was met is to be met again
        asked = Choice(dice, self.shop).asked()
        key = name if dice.random() < 0.5 else None
        weather = dice.choice(WEATHERS)
        if dice.random() < 0.8:
            skip(60)  # what the vendor was given to rest is over
        sent: list[Sent] = []
        while len(sent) < (SENT_AT_MOST if key else 1):
            self.road.weather = Weather(f"{name} {len(sent)}", **(LATER if sent else weather))
            try:
                sent.append(await self._send(asked, key, sent))
            except Exception as error:
                error.add_note(f"{name}, sent {len(sent)} times before: {asked}")
                raise

    async def _send(self, asked: Asked, key: str | None, earlier: Sequence[Sent]) -> Sent:
        vendor, before = played(self.served.sandbox, self.shop.key), self.shop
        vendor.calls.clear()
        response = await self._post(asked, key)
        await self._settle()
        answer = response.json()
        if earlier and REPLAYED in response.headers:
            assert answer == earlier[-1].answer
            assert not vendor.calls
            self.tally.replayed[earlier[-1].verdict] += 1
            return earlier[-1]
        writes: list[Write] = [each for each in vendor.calls if each[0] != "GET"]
        if writes:  # else nothing can have changed
            self.shop = held(self.served.sandbox, self.shop.key)
        case = Case(asked=asked, before=before, after=self.shop, answer=answer, writes=writes)
        try:
            verdict = case.judge()
        except AssertionError as error:
            error.add_note(f"answer: {answer}\nwrites: {writes}")
            raise
        self._count(asked, verdict, earlier)
        return Sent(verdict=verdict, answer=answer)

    def _count(self, asked: Asked, verdict: Verdict, earlier: Sequence[Sent]) -> None:
        """Count what came of it; it is carried out again only if the vendor is untouched."""
        self.tally.verdicts[verdict] += 1
        self.tally.done[asked.mutation] += verdict is Verdict.DONE
        if earlier:
            first = earlier[-1].verdict
            assert first.is_untouched, f"it was {first.value}, and is carried out again"
            self.tally.again[first, verdict] += 1

    async def _post(self, asked: Asked, key: str | None) -> httpx.Response:
        arguments = asked.arguments()
        mutation = asked.mutation
        select = f"{selection(mutation)} told: userErrors {{ message }}"
        query = (
            f"mutation({declared(mutation, arguments)})"
            f" {{ {call(mutation, select, arguments)} }}"
            f" {fragments(mutation) if '...' in select else ''}"
        )
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": arguments},
            headers={} if key is None else {HEADER: key},
        )

    async def _settle(self) -> None:
        """Wait until nothing is under way that could still change the vendor."""
        await self.road.clear()
        for vendor_state in self.vendors.vendor_state:
            await vendor_state.writes.wait_all()
        await self.road.clear()


@asynccontextmanager
async def journey(
    served: Served, nowhere: int, key: ProviderKey, seed: int, tally: Tally
) -> AsyncIterator[Journey]:
    """Open a gateway and a road to vendors that are as they are at first."""
    served.sandbox.reset()
    road = Road(nowhere, tally)
    async with proxied(served.port, road.meet) as (_, port):
        environment = served.sandbox.environment(f"http://127.0.0.1:{port}")
        vendors = connect(environment, lambda: Carriage(road), SETTINGS)
        app = create_app(vendors, SETTINGS)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        ):
            # At 2Checkout only a read tells which group is the general one.
            await http.post("/graphql", json={"query": PRIMING})
            way = Journey(
                name=f"{key.value} {seed}",
                served=served,
                http=http,
                vendors=vendors,
                road=road,
                tally=tally,
                shop=held(served.sandbox, key),
            )
            yield way
            assert held(served.sandbox, key).shown() == way.shop.shown()
