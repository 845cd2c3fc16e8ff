"""What a vendor that is a black hole does to the answers about the others: run it, and read.

`python -m benchmarks.bad_neighbour --turns 8 --seconds 20 --rate 24`
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

from benchmarks.latencies import compare, percentile
from benchmarks.lookups import MAX_WAIT_IF_CACHED, VARIABLE
from benchmarks.neighbours import BAD, EVERY, HEALTHY, Load, Stretch
from benchmarks.processes import gateway, started, tell, told_by

NAMELESS: Final = "nameless"
STATES: Final = ("silent", "unreachable", NAMELESS)
SETTINGS: Final = {
    # No limit of its own: the calls that Dodo gets are to be as many as those of the others.
    "GROUPGATE_DODO_RATE_PER_SECOND": "1000",
    "GROUPGATE_DODO_RATE_PER_MINUTE": "60000",
    "GROUPGATE_ALLOW_INSECURE_UPSTREAM": "true",
}
PERCENTS: Final = (50, 99)
LONG: Final = 1.0
"""Seconds; who waits longer has waited for the black hole."""

Permit = tuple[Stretch, Stretch]
"""The same load twice: with all three vendors healthy, then without Dodo."""
Ask = Callable[[float, float, int], Coroutine[Any, Any, Stretch]]


async def main() -> None:
    """Measure without the cache and with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=8, help="with each black hole")
    parser.add_argument("--seconds", type=float, default=20, help="of each condition in a turn")
    parser.add_argument("--rate", type=float, default=24, help="requests a second")
    parser.add_argument("--states", nargs="+", choices=STATES, default=STATES, help="of Dodo")
    parser.add_argument("--cache", nargs="+", default=("0", "5"), help="seconds")
    options = parser.parse_args()
    for cache in options.cache:
        print(f"\nGROUPGATE_CACHE_TTL={cache}", flush=True)
        with TemporaryDirectory() as folder:
            await _measure(Path(folder), cache, options)


async def _measure(folder: Path, cache: str, options: argparse.Namespace) -> None:
    own = {VARIABLE: str(folder / "in-vain")}
    with started("benchmarks.vendors", log=folder / "vendors", given=own) as vendors:
        given = own | json.loads(told_by(vendors)) | SETTINGS | {"GROUPGATE_CACHE_TTL": cache}
        with gateway(folder / "gateway", given, "benchmarks.lookups") as (_, port):
            load = Load(port)
            await load.learn()
            await load.ask_apart(options.rate, options.seconds / 2, seed=-1)
            turns = Turns(load=load, vendors=vendors, seconds=options.seconds)
            for state in options.states:
                apart = [
                    await turns.take(load.ask_apart, options.rate, state, seed)
                    for seed in range(options.turns)
                ]
                report_apart(state, apart)
            for state in options.states:
                turn = await turns.take(load.ask_together, options.rate / 3, state, seed=0)
                report_together(state, turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Turns of both conditions, one right after the other, for machines have slow minutes."""

    load: Load
    vendors: subprocess.Popen[str]
    seconds: float

    async def take(self, ask: Ask, rate: float, state: str, seed: int) -> Permit:
        """Ask the same twice; cut Dodo off in between, and heal it in the end."""
        healthy = await ask(rate, self.seconds, seed)
        tell(self.vendors, state)
        cut_off = await ask(rate, self.seconds, seed)
        tell(self.vendors, "healthy")
        if state == NAMELESS:
            await asyncio.sleep(MAX_WAIT_IF_CACHED)  # lookups that were begun are not given up
        await self.load.recover()
        return healthy, cut_off


def report_apart(state: str, turns: Sequence[Permit]) -> None:
    """Print how long the answers about the other vendors took."""
    print(f"\nDodo {state}: answers about the others")
    pairs = [(before.seconds(*HEALTHY), after.seconds(*HEALTHY)) for before, after in turns]
    for percent in PERCENTS:
        told = compare(pairs, percent)
        print(
            f"  p{percent}: healthy {told.before * 1000:.1f} ms, cut off {told.after * 1000:.1f} "
            f"ms, ratio {told.ratio:.2f} ({told.lowest:.2f} to {told.highest:.2f})"
        )
    each = [f"{percentile(b, 99) / percentile(a, 99):.2f}" for a, b in pairs]
    print(f"  ratio of p99 turn by turn: {', '.join(each)}")
    _print_part("healthy", [took for before, _ in pairs for took in before])
    _print_cut_off([after for _, after in turns], HEALTHY)
    errors = Counter(
        ("Dodo" if one.of == BAD else "others", code)
        for _, after in turns
        for one in after.asked
        for code in one.codes
    )
    print(f"  errors while cut off: {dict(errors)}", flush=True)


def report_together(state: str, turn: Permit) -> None:
    """Print how long the answers about all three took."""
    print(f"\nDodo {state}: answers about all three together")
    before, after = turn
    _print_part("healthy", before.seconds(EVERY))
    _print_cut_off([after], [EVERY])
    print(f"  the breaker opened after {after.opened_at or inf:.1f} s", flush=True)


def _print_cut_off(stretches: Sequence[Stretch], kinds: Sequence[str]) -> None:
    """Tell those who asked before the gateway gave Dodo a rest from those who asked after."""
    asked = [
        (one.due < (stretch.opened_at or inf), one.took)
        for stretch in stretches
        for one in stretch.asked
        if one.of in kinds
    ]
    _print_part("cut off, breaker closed", [took for is_before, took in asked if is_before])
    _print_part("cut off, breaker open", [took for is_before, took in asked if not is_before])


def _print_part(name: str, took: Sequence[float]) -> None:
    if len(took) > 1:
        told = [f"p{percent} {percentile(took, percent) * 1000:.1f} ms" for percent in PERCENTS]
        waited = sum(one > LONG for one in took)
        print(f"  {name}: {len(took)} answers, {', '.join(told)}, {waited} over {LONG:.0f} s")


if __name__ == "__main__":
    asyncio.run(main())
