"""Whether memory stays flat under mixed load, with failures: run it, and read what it prints.

`python -m benchmarks.soak --minutes 30`
"""
# ruff: noqa: T201 # it prints

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks import visits
from benchmarks.client import Client
from benchmarks.crowd import ADDRESSES, Crowd, WriteOutcome, address_of, token_lines
from benchmarks.memory import PARTS, Sample, growth_of, look
from benchmarks.processes import gateway, started, told_by

SETTINGS: Final = {
    "GROUPGATE_DEADLINE": "3",
    # What is kept is bounded, and these bounds are reached before the measurement begins.
    "GROUPGATE_CACHE_BYTES": str(1_048_576),
    "GROUPGATE_CACHE_STALE_IF_ERROR": "20",
    "GROUPGATE_IDEMPOTENCY_TTL": "60",
    "GROUPGATE_RATE_POINTS_PER_MINUTE": "20000",
    "GROUPGATE_DODO_RATE_PER_SECOND": "40",
    "GROUPGATE_DODO_RATE_PER_MINUTE": "6000",
    "GROUPGATE_ANONYMOUS": "read",
    "GROUPGATE_LOG_FORMAT": "json",
    "GROUPGATE_TOKENS": token_lines(),
}
SAMPLE_EVERY: Final = 5.0
DOCUMENTS: Final = 1_200
"""More than the gateway keeps parsed."""
AT_ONCE: Final = 8
MOST_GROWTH: Final = 10.0
"""Percent."""
BAD_LOG: Final = ("Traceback", '"level": "error"', '"level": "critical"', "never awaited", "ERROR:")


async def main() -> int:
    """Run it; 1 if memory grew by too much, or anything happened that must not."""
    options = _options()
    with TemporaryDirectory() as folder:
        log = Path(folder) / "gateway"
        with started(
            "benchmarks.faulty_vendors", log=Path(folder) / "vendors", given={}
        ) as vendors:
            given = json.loads(told_by(vendors)) | SETTINGS
            with gateway(log, given) as (process, port):
                crowd = Crowd(client=Client(port))
                samples = await _measure(crowd, process, options)
        complaints = _complaints(log.read_text().splitlines())
    unexpected = _report(crowd.outcomes)
    percent = _report_memory(samples)
    print(f"\nComplaints in the log: {len(complaints)}")
    print("\n".join(complaints[:20]))
    return int(unexpected > 0 or bool(complaints) or percent >= MOST_GROWTH)


async def _measure(crowd: Crowd, process: int, options: argparse.Namespace) -> Sequence[Sample]:
    before = look(process, 0)
    await _fill(crowd)
    await crowd.come(options.rate, options.warm_up * 60)
    print(f"Resident at the start {before.resident:,} KiB, warm {look(process, 0).resident:,} KiB")
    crowd.outcomes.clear()
    samples: list[Sample] = []
    sampling = asyncio.ensure_future(_sample(process, samples))
    await crowd.come(options.rate, options.minutes * 60)
    sampling.cancel()
    return samples


async def _fill(crowd: Crowd) -> None:
    """Fill what is bounded by number: buckets of callers, parsed and persisted documents."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def fill(number: int) -> None:
        async with turns:
            await crowd.client.post_from(address_of(number), b"{")
            if number < visits.KNOWN:
                await crowd.send(visits.to_persist(number), "shop")
            if number < DOCUMENTS:
                await crowd.send(visits.read_once(), "reader")

    async with asyncio.TaskGroup() as running:
        for number in range(ADDRESSES):
            running.create_task(fill(number))


async def _sample(process: int, samples: list[Sample]) -> None:
    began = time.monotonic()
    while True:
        samples.append(look(process, time.monotonic() - began))
        await asyncio.sleep(SAMPLE_EVERY)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--warm-up", type=float, default=3, help="minutes before those")
    parser.add_argument("--rate", type=float, default=15, help="requests a second")
    return parser.parse_args()


def _complaints(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if any(bad in line for bad in BAD_LOG)]


def _report(outcomes: Counter[WriteOutcome]) -> int:
    """Print what became of the requests; return how many ended as none may."""
    print(f"\n{outcomes.total():,} requests\n")
    for (kind, told), times in sorted(outcomes.items()):
        print(f"| {kind:24} | {told:40} | {times:>7,} |")
    return sum(times for (_, told), times in outcomes.items() if told.startswith("UNEXPECTED"))


def _report_memory(samples: Sequence[Sample]) -> float:
    """Print how memory went; return by how many percent it grew."""
    print("\nTenths of the time: mean KiB resident, most descriptors\n")
    part = max(1, len(samples) // PARTS)
    for begin in range(0, len(samples) - part + 1, part):
        some = samples[begin : begin + part]
        resident = sum(sample.resident for sample in some) / len(some)
        print(f"| {resident:>10,.0f} | {max(sample.descriptors for sample in some):>6} |")
    growth = growth_of(samples)
    print(
        f"\nFrom {growth.first:,.0f} to {growth.last:,.0f} KiB, {growth.percent:+.1f} %; "
        f"highest {growth.highest:,} KiB; {growth.slope:+,.1f} KiB a minute"
    )
    return growth.percent


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
