"""The load of `bad_neighbour`: requests at fixed times, whether or not others are answered."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.client import Client

HEALTHY: Final = ("AXIM", "TWO_CHECKOUT")
BAD: Final = "DODO"
EVERY: Final = "every vendor"
LOOK_EVERY: Final = 0.1

PAGE: Final = """
query Page($key: ProviderKey!) {
  provider(key: $key) { products(first: 20) { nodes { id name } } }
}
"""
PRODUCT: Final = "query One($id: ID!) { product(id: $id) { id name } }"
ALL: Final = "{ providers { key products(first: 20) { nodes { id name } } } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: what it asked for, when it was due, and how long its answer then took."""

    of: str
    due: float
    took: float
    codes: tuple[str, ...]
    """Of the errors."""


@dataclass(slots=True, kw_only=True)
class Stretch:
    """What happened in one stretch of time."""

    asked: list[Asked] = field(default_factory=list)
    opened_at: float | None = None
    """Seconds after which the gateway gave the vendor a rest."""

    def seconds(self, *kinds: str) -> list[float]:
        """How long the answers took that were about these."""
        return [each.took for each in self.asked if each.of in kinds]


class Load:
    """Clients of the gateway on a port; those of each vendor have connections of their own."""

    def __init__(self, port: int) -> None:
        self._clients = {of: Client(port) for of in (*HEALTHY, BAD, EVERY, "state")}
        self._ids: dict[str, list[str]] = {}

    async def learn(self) -> None:
        """Find out what there is to ask for."""
        for key in (*HEALTHY, BAD):
            told = await self._data(key, _page(key))
            nodes = told["provider"]["products"]["nodes"]
            self._ids[key] = [node["id"] for node in nodes]

    async def ask_apart(self, rate: float, seconds: float, seed: int) -> Stretch:
        """Ask each vendor for a third of so many requests a second."""
        chance = random.Random(seed)  # noqa: S311 # the same chance for both conditions
        moments = _moments(chance, rate, seconds)
        return await self._ask([(moment, *self._one(chance)) for moment in moments])

    async def ask_together(self, rate: float, seconds: float, seed: int) -> Stretch:
        """Ask for all three vendors with each request."""
        chance = random.Random(seed)  # noqa: S311 # the same chance for both conditions
        moments = _moments(chance, rate, seconds)
        return await self._ask([(moment, EVERY, {"query": ALL}) for moment in moments])

    async def recover(self) -> None:
        """Wait until the gateway has found that the vendor is back."""
        while await self._is_resting():
            await self._clients[BAD].post(_json(_page(BAD)), {"Cache-Control": "no-cache"})
            await asyncio.sleep(0.5)

    def _one(self, chance: random.Random) -> tuple[str, dict[str, Any]]:
        key = chance.choice((*HEALTHY, BAD))
        if chance.random() < 0.5:  # noqa: PLR2004 # one half
            return key, _page(key)
        return key, {"query": PRODUCT, "variables": {"id": chance.choice(self._ids[key])}}

    async def _ask(self, planned: Sequence[tuple[float, str, dict[str, Any]]]) -> Stretch:
        stretch = Stretch()
        began = asyncio.get_running_loop().time()
        watching = asyncio.ensure_future(self._watch(stretch, began))
        async with asyncio.TaskGroup() as running:
            for due, of, body in planned:
                await asyncio.sleep(began + due - asyncio.get_running_loop().time())
                running.create_task(self._send(stretch, began, due, of, body))
        watching.cancel()
        return stretch

    async def _send(
        self, stretch: Stretch, began: float, due: float, of: str, body: Mapping[str, Any]
    ) -> None:
        answer = await self._clients[of].post(_json(body))
        took = asyncio.get_running_loop().time() - began - due
        errors = json.loads(answer.body).get("errors", ())
        codes = tuple(error["extensions"]["code"] for error in errors)
        stretch.asked.append(Asked(of=of, due=due, took=took, codes=codes))

    async def _watch(self, stretch: Stretch, began: float) -> None:
        while not await self._is_resting():  # noqa: ASYNC110 # the gateway only tells when asked
            await asyncio.sleep(LOOK_EVERY)
        stretch.opened_at = asyncio.get_running_loop().time() - began

    async def _is_resting(self) -> bool:
        told = json.loads((await self._clients["state"].get("/readyz")).body)
        return bool(told["providers"][BAD] == "UNAVAILABLE")

    async def _data(self, of: str, body: Mapping[str, Any]) -> Any:
        return json.loads((await self._clients[of].post(_json(body))).body)["data"]


def _page(key: str) -> dict[str, Any]:
    return {"query": PAGE, "variables": {"key": key}}


def _moments(chance: random.Random, rate: float, seconds: float) -> list[float]:
    """When requests come that know nothing of one another."""
    moments, moment = [], 0.0
    while (moment := moment + chance.expovariate(rate)) < seconds:
        moments.append(moment)
    return moments


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
