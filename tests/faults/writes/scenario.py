"""A client that sends random mutations to a gateway whose calls meet random faults."""

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
from tests.e2e.documents import READ_ALL_GROUPS, call, declared
from tests.e2e.gateway import simulators
from tests.e2e.model.catalog import Catalog, read_catalog
from tests.e2e.model.mutation import MutationRequest
from tests.e2e.model.selections import fragments, selection
from tests.faults.proxy import proxied
from tests.faults.serving import ServedSandbox
from tests.faults.writes.fault_injector import (
    DEADLINE,
    FaultInjector,
    FaultSchedule,
    FaultTransport,
)
from tests.faults.writes.random_mutations import MutationChooser
from tests.faults.writes.time_skipping import skip_time
from tests.faults.writes.verdicts import Counts, Execution, Verdict, Write

SETTINGS: Final = Settings.model_construct(
    deadline=DEADLINE, dodo_rate_per_second=None, dodo_rate_per_minute=None
)
FAULT_SHARES: Final = (
    {"reads": 0.02, "writes": 0.3},
    {"reads": 0.15, "writes": 0.15},
    {"reads": 0.02, "writes": 0.7},
    {"reads": 0.35, "writes": 0.35},
)
"""Shares of the calls that meet a fault. A mutation sends writes only if its reads succeed."""
RESEND_FAULT_SHARES: Final = {"reads": 0.05, "writes": 0.15}
"""The shares when a client sends a mutation again: most faults are over by then."""
MAX_SENDS: Final = 3
"""How often a client sends a mutation with the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A mutation that was sent, with its verdict and response."""

    verdict: Verdict
    response: Any


@dataclass(kw_only=True)
class FaultScenario:
    """A sequence of mutations at one vendor; each is judged once no call is running."""

    name: str
    served: ServedSandbox
    http: httpx.AsyncClient
    vendors: Vendors
    injector: FaultInjector
    counts: Counts
    catalog: Catalog
    """The vendor's catalog."""

    async def step(self, number: int) -> None:
        """Send a random mutation; with a key, which is random too, send it several times."""
        name = f"{self.name} {number}"
        dice = Random(name)  # noqa: S311 - a run has to be repeatable
        request = MutationChooser(dice, self.catalog).request()
        key = name if dice.random() < 0.5 else None
        shares = dice.choice(FAULT_SHARES)
        if dice.random() < 0.8:
            skip_time(60)  # open breakers and Retry-After waits end
        sent: list[Sent] = []
        while len(sent) < (MAX_SENDS if key else 1):
            current = RESEND_FAULT_SHARES if sent else shares
            self.injector.schedule = FaultSchedule(f"{name} {len(sent)}", **current)
            try:
                sent.append(await self._send(request, key, sent))
            except Exception as error:
                error.add_note(f"{name}, sent {len(sent)} times before: {request}")
                raise

    async def _send(
        self, request: MutationRequest, key: str | None, earlier: Sequence[Sent]
    ) -> Sent:
        simulator = simulators(self.served.sandbox)[self.catalog.key.value]
        simulator.calls.clear()
        response = await self._post(request, key)
        await self._wait_for_writes()
        body = response.json()
        if earlier and REPLAYED in response.headers:
            assert body == earlier[-1].response
            assert not simulator.calls
            self.counts.replayed[earlier[-1].verdict] += 1
            return earlier[-1]
        before = self.catalog
        writes: list[Write] = [each for each in simulator.calls if each[0] != "GET"]
        if writes:  # otherwise nothing can have changed
            self.catalog = read_catalog(self.served.sandbox, before.key)
        execution = Execution(
            request=request, before=before, after=self.catalog, response=body, writes=writes
        )
        try:
            verdict = execution.judge()
        except AssertionError as error:
            error.add_note(f"response: {body}\nwrites: {writes}")
            raise
        self._count(request, verdict, earlier)
        return Sent(verdict=verdict, response=body)

    def _count(self, request: MutationRequest, verdict: Verdict, earlier: Sequence[Sent]) -> None:
        """Count the verdict; assert that a repeated execution follows an unchanged catalog."""
        self.counts.verdicts[verdict] += 1
        self.counts.done[request.mutation] += verdict is Verdict.DONE
        if earlier:
            first = earlier[-1].verdict
            assert first.is_unchanged, f"it was {first.value}, and is executed again"
            self.counts.repeated[first, verdict] += 1

    async def _post(self, request: MutationRequest, key: str | None) -> httpx.Response:
        arguments = request.arguments()
        mutation = request.mutation
        select = f"{selection(mutation)} messages: userErrors {{ message }}"
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

    async def _wait_for_writes(self) -> None:
        """Wait until no call is running that could still change the vendor."""
        await self.injector.drain()
        for vendor_state in self.vendors.vendor_state:
            await vendor_state.writes.wait_all()
        await self.injector.drain()


@asynccontextmanager
async def fault_scenario(
    served: ServedSandbox, refusing_port: int, key: ProviderKey, seed: int, counts: Counts
) -> AsyncIterator[FaultScenario]:
    """Open a gateway with a fault injector in front of vendors with their seed data."""
    served.sandbox.reset()
    injector = FaultInjector(refusing_port, counts)
    async with proxied(served.port, injector.inject) as (_, port):
        environment = served.sandbox.environment(f"http://127.0.0.1:{port}")
        vendors = connect(environment, lambda: FaultTransport(injector), SETTINGS)
        app = create_app(vendors, SETTINGS)
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://gateway") as http,
        ):
            # At 2Checkout the gateway learns from a read which group is the general one.
            await http.post("/graphql", json={"query": READ_ALL_GROUPS})
            scenario = FaultScenario(
                name=f"{key.value} {seed}",
                served=served,
                http=http,
                vendors=vendors,
                injector=injector,
                counts=counts,
                catalog=read_catalog(served.sandbox, key),
            )
            yield scenario
            assert read_catalog(served.sandbox, key).state() == scenario.catalog.state()
