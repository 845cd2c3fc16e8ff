"""The load of `vendor_isolation`: requests at planned times, independent of their responses."""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from benchmarks.client import Client

HEALTHY: Final = ("AXIM", "TWO_CHECKOUT")
FAILING: Final = "DODO"
ALL_VENDORS: Final = "all vendors"
POLL_INTERVAL: Final = 0.1

PAGE: Final = """
query Page($key: ProviderKey!) {
  provider(key: $key) { products(first: 20) { nodes { id name } } }
}
"""
PRODUCT: Final = "query One($id: ID!) { product(id: $id) { id name } }"
ALL_PAGES: Final = "{ providers { key products(first: 20) { nodes { id name } } } }"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One request: its vendor, its planned time, and the response time in seconds."""

    vendor: str
    planned_at: float
    took: float
    codes: tuple[str, ...]
    """Codes of the errors in the response."""


@dataclass(slots=True, kw_only=True)
class Period:
    """The results of one period."""

    results: list[Result] = field(default_factory=list)
    breaker_opened_at: float | None = None
    """Seconds after which the failing vendor's circuit breaker opened; None if it did not."""

    def seconds(self, *vendors: str) -> list[float]:
        """Return the response times of the requests for these vendors."""
        return [each.took for each in self.results if each.vendor in vendors]


class Load:
    """Clients of the gateway on a port; those of each vendor have connections of their own."""

    def __init__(self, port: int) -> None:
        self._clients = {of: Client(port) for of in (*HEALTHY, FAILING, ALL_VENDORS, "readyz")}
        self._ids: dict[str, list[str]] = {}

    async def read_ids(self) -> None:
        """Read the product ids that later requests use."""
        for key in (*HEALTHY, FAILING):
            data = await self._data(key, _page(key))
            nodes = data["provider"]["products"]["nodes"]
            self._ids[key] = [node["id"] for node in nodes]

    async def request_each(self, rate: float, seconds: float, seed: int) -> Period:
        """Send this many requests per second, each for one vendor chosen at random."""
        dice = random.Random(seed)  # noqa: S311 # both conditions get the same requests
        times = _arrivals(dice, rate, seconds)
        return await self._run([(time, *self._request(dice)) for time in times])

    async def request_all(self, rate: float, seconds: float, seed: int) -> Period:
        """Send this many requests per second, each for all three vendors."""
        dice = random.Random(seed)  # noqa: S311 # both conditions get the same requests
        times = _arrivals(dice, rate, seconds)
        return await self._run([(time, ALL_VENDORS, {"query": ALL_PAGES}) for time in times])

    async def wait_for_recovery(self) -> None:
        """Wait until the failing vendor's circuit breaker has closed."""
        while await self._is_unavailable():
            await self._clients[FAILING].post(_json(_page(FAILING)), {"Cache-Control": "no-cache"})
            await asyncio.sleep(0.5)

    def _request(self, dice: random.Random) -> tuple[str, dict[str, Any]]:
        key = dice.choice((*HEALTHY, FAILING))
        if dice.random() < 0.5:  # noqa: PLR2004 # one half
            return key, _page(key)
        return key, {"query": PRODUCT, "variables": {"id": dice.choice(self._ids[key])}}

    async def _run(self, planned: Sequence[tuple[float, str, dict[str, Any]]]) -> Period:
        period = Period()
        began = asyncio.get_running_loop().time()
        watching = asyncio.ensure_future(self._watch_breaker(period, began))
        async with asyncio.TaskGroup() as running:
            for planned_at, vendor, body in planned:
                await asyncio.sleep(began + planned_at - asyncio.get_running_loop().time())
                running.create_task(self._send(period, began, planned_at, vendor, body))
        watching.cancel()
        return period

    async def _send(
        self,
        period: Period,
        began: float,
        planned_at: float,
        vendor: str,
        body: Mapping[str, Any],
    ) -> None:
        response = await self._clients[vendor].post(_json(body))
        took = asyncio.get_running_loop().time() - began - planned_at
        errors = json.loads(response.body).get("errors", ())
        codes = tuple(error["extensions"]["code"] for error in errors)
        period.results.append(Result(vendor=vendor, planned_at=planned_at, took=took, codes=codes))

    async def _watch_breaker(self, period: Period, began: float) -> None:
        while not await self._is_unavailable():  # noqa: ASYNC110 # the gateway reports it on request
            await asyncio.sleep(POLL_INTERVAL)
        period.breaker_opened_at = asyncio.get_running_loop().time() - began

    async def _is_unavailable(self) -> bool:
        body = json.loads((await self._clients["readyz"].get("/readyz")).body)
        return bool(body["providers"][FAILING] == "UNAVAILABLE")

    async def _data(self, vendor: str, body: Mapping[str, Any]) -> Any:
        return json.loads((await self._clients[vendor].post(_json(body))).body)["data"]


def _page(key: str) -> dict[str, Any]:
    return {"query": PAGE, "variables": {"key": key}}


def _arrivals(dice: random.Random, rate: float, seconds: float) -> list[float]:
    """Return the times of independent requests (a Poisson process)."""
    times, time = [], 0.0
    while (time := time + dice.expovariate(rate)) < seconds:
        times.append(time)
    return times


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
