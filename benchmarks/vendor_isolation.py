"""Measure how a vendor that does not respond affects the response times of the other vendors.

`python -m benchmarks.vendor_isolation --turns 8 --seconds 20 --rate 24`
"""
# ruff: noqa: T201 # it prints

import argparse
import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.isolation_load import ALL_VENDORS, FAILING, HEALTHY, Load, Period
from benchmarks.latencies import compare, percentile
from benchmarks.processes import gateway, read_line, send_line, started
from benchmarks.slow_dns import LOOKUP_TIMEOUT, VARIABLE

NAMELESS: Final = "nameless"
STATES: Final = ("silent", "unreachable", NAMELESS)
SETTINGS: Final = {
    # No rate limit: Dodo gets as many calls as the other vendors.
    "GROUPGATE_DODO_RATE_PER_SECOND": "1000",
    "GROUPGATE_DODO_RATE_PER_MINUTE": "60000",
    "GROUPGATE_ALLOW_INSECURE_UPSTREAM": "true",
}
PERCENTS: Final = (50, 99)
SLOW: Final = 1.0
"""Seconds; a response that takes longer has waited for the failing vendor."""

Turn = tuple[Period, Period]
"""The same load twice: first with all three vendors healthy, then with Dodo failing."""
Run = Callable[[float, float, int], Coroutine[Any, Any, Period]]


async def main() -> None:
    """Measure with each of the given cache TTLs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=8, help="number of turns with each state")
    parser.add_argument("--seconds", type=float, default=20, help="duration of each condition")
    parser.add_argument("--rate", type=float, default=24, help="requests per second")
    parser.add_argument("--states", nargs="+", choices=STATES, default=STATES, help="of Dodo")
    parser.add_argument("--cache", nargs="+", default=("0", "5"), help="cache TTLs in seconds")
    options = parser.parse_args()
    for cache in options.cache:
        print(f"\nGROUPGATE_CACHE_TTL={cache}", flush=True)
        with TemporaryDirectory() as folder:
            await _measure(Path(folder), cache, options)


async def _measure(folder: Path, cache: str, options: argparse.Namespace) -> None:
    own = {VARIABLE: str(folder / "failing-lookups")}
    with started("benchmarks.isolation_vendors", log=folder / "vendors", given=own) as vendors:
        given = own | json.loads(read_line(vendors)) | SETTINGS | {"GROUPGATE_CACHE_TTL": cache}
        with gateway(folder / "gateway", given, "benchmarks.slow_dns") as (_, port):
            load = Load(port)
            await load.read_ids()
            await load.request_each(options.rate, options.seconds / 2, seed=-1)
            turns = Turns(load=load, vendors=vendors, seconds=options.seconds)
            for state in options.states:
                each = [
                    await turns.run(load.request_each, options.rate, state, seed)
                    for seed in range(options.turns)
                ]
                report_each(state, each)
            for state in options.states:
                turn = await turns.run(load.request_all, options.rate / 3, state, seed=0)
                report_all(state, turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Runs both conditions directly after each other, because a machine can be slow for minutes."""

    load: Load
    vendors: subprocess.Popen[str]
    seconds: float

    async def run(self, run: Run, rate: float, state: str, seed: int) -> Turn:
        """Send the same requests twice; Dodo fails the second time and recovers afterwards."""
        healthy = await run(rate, self.seconds, seed)
        send_line(self.vendors, state)
        failing = await run(rate, self.seconds, seed)
        send_line(self.vendors, "healthy")
        if state == NAMELESS:
            await asyncio.sleep(LOOKUP_TIMEOUT)  # lookups in progress cannot be cancelled
        await self.load.wait_for_recovery()
        return healthy, failing


def report_each(state: str, turns: Sequence[Turn]) -> None:
    """Print the response times of requests for the healthy vendors."""
    print(f"\nDodo {state}: requests for the other vendors")
    pairs = [(before.seconds(*HEALTHY), after.seconds(*HEALTHY)) for before, after in turns]
    for percent in PERCENTS:
        result = compare(pairs, percent)
        print(
            f"  p{percent}: healthy {result.before * 1000:.1f} ms, "
            f"failing {result.after * 1000:.1f} ms, "
            f"ratio {result.ratio:.2f} ({result.lowest:.2f} to {result.highest:.2f})"
        )
    ratios = [f"{percentile(b, 99) / percentile(a, 99):.2f}" for a, b in pairs]
    print(f"  ratio of p99 by turn: {', '.join(ratios)}")
    _print_times("healthy", [took for before, _ in pairs for took in before])
    _print_by_breaker([after for _, after in turns], HEALTHY)
    errors = Counter(
        ("Dodo" if result.vendor == FAILING else "others", code)
        for _, after in turns
        for result in after.results
        for code in result.codes
    )
    print(f"  errors while Dodo fails: {dict(errors)}", flush=True)


def report_all(state: str, turn: Turn) -> None:
    """Print the response times of requests for all three vendors."""
    print(f"\nDodo {state}: requests for all three vendors")
    before, after = turn
    _print_times("healthy", before.seconds(ALL_VENDORS))
    _print_by_breaker([after], [ALL_VENDORS])
    print(f"  the breaker opened after {after.breaker_opened_at or inf:.1f} s", flush=True)


def _print_by_breaker(periods: Sequence[Period], vendors: Sequence[str]) -> None:
    """Print the response times before and after the circuit breaker opened."""
    times = [
        (result.planned_at < (period.breaker_opened_at or inf), result.took)
        for period in periods
        for result in period.results
        if result.vendor in vendors
    ]
    _print_times("failing, breaker closed", [took for is_before, took in times if is_before])
    _print_times("failing, breaker open", [took for is_before, took in times if not is_before])


def _print_times(name: str, took: Sequence[float]) -> None:
    if len(took) > 1:
        shares = [f"p{percent} {percentile(took, percent) * 1000:.1f} ms" for percent in PERCENTS]
        slow = sum(each > SLOW for each in took)
        print(f"  {name}: {len(took)} responses, {', '.join(shares)}, {slow} over {SLOW:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
