"""Measure whether memory stays constant under mixed load with faults.

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

from benchmarks import soak_requests
from benchmarks.client import Client
from benchmarks.memory import PARTS, Sample, growth_of, take_sample
from benchmarks.processes import gateway, read_line, started
from benchmarks.soak_clients import ADDRESSES, Outcome, SoakClients, address_of, token_lines

SETTINGS: Final = {
    "GROUPGATE_DEADLINE": "3",
    # Caches are bounded, and these bounds are reached before the measurement starts.
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
SAMPLE_INTERVAL: Final = 5.0
"""Seconds."""
DOCUMENTS: Final = 1_200
"""More than the gateway caches."""
CONCURRENCY: Final = 8
MAX_GROWTH: Final = 10.0
"""Percent."""
BAD_LOG: Final = ("Traceback", '"level": "error"', '"level": "critical"', "never awaited", "ERROR:")


async def main() -> int:
    """Measure; return 1 if memory grew too much or an outcome or a log entry was unexpected."""
    options = _options()
    with TemporaryDirectory() as folder:
        log = Path(folder) / "gateway"
        with started("benchmarks.soak_vendors", log=Path(folder) / "vendors", given={}) as vendors:
            given = json.loads(read_line(vendors)) | SETTINGS
            with gateway(log, given) as (process, port):
                clients = SoakClients(client=Client(port))
                samples = await _measure(clients, process, options)
        errors = _errors(log.read_text().splitlines())
    unexpected = _report(clients.outcomes)
    percent = _report_memory(samples)
    print(f"\nErrors in the log: {len(errors)}")
    print("\n".join(errors[:20]))
    return int(unexpected > 0 or bool(errors) or percent >= MAX_GROWTH)


async def _measure(
    clients: SoakClients, process: int, options: argparse.Namespace
) -> Sequence[Sample]:
    before = take_sample(process, 0)
    await _fill(clients)
    await clients.run(options.rate, options.warm_up * 60)
    warm = take_sample(process, 0)
    print(f"Resident at the start {before.resident:,} KiB, warm {warm.resident:,} KiB")
    clients.outcomes.clear()
    samples: list[Sample] = []
    sampling = asyncio.ensure_future(_sample(process, samples))
    await clients.run(options.rate, options.minutes * 60)
    sampling.cancel()
    return samples


async def _fill(clients: SoakClients) -> None:
    """Fill the caches of rate limit buckets and of parsed and persisted documents."""
    slots = asyncio.Semaphore(CONCURRENCY)

    async def fill(number: int) -> None:
        async with slots:
            await clients.client.post_from(address_of(number), b"{")
            if number < soak_requests.PERSISTED:
                await clients.send(soak_requests.to_persist(number), "shop")
            if number < DOCUMENTS:
                await clients.send(soak_requests.unique_read(), "reader")

    async with asyncio.TaskGroup() as running:
        for number in range(ADDRESSES):
            running.create_task(fill(number))


async def _sample(process: int, samples: list[Sample]) -> None:
    began = time.monotonic()
    while True:
        samples.append(take_sample(process, time.monotonic() - began))
        await asyncio.sleep(SAMPLE_INTERVAL)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--warm-up", type=float, default=3, help="minutes before the measurement")
    parser.add_argument("--rate", type=float, default=15, help="requests per second")
    return parser.parse_args()


def _errors(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if any(bad in line for bad in BAD_LOG)]


def _report(outcomes: Counter[Outcome]) -> int:
    """Print the outcomes of the requests; return the number of unexpected ones."""
    print(f"\n{outcomes.total():,} requests\n")
    for (kind, outcome), times in sorted(outcomes.items()):
        print(f"| {kind:34} | {outcome:40} | {times:>7,} |")
    return sum(
        times for (_, outcome), times in outcomes.items() if outcome.startswith("UNEXPECTED")
    )


def _report_memory(samples: Sequence[Sample]) -> float:
    """Print the memory over time; return its growth in percent."""
    print("\nTenths of the time: mean KiB resident, most descriptors\n")
    part = max(1, len(samples) // PARTS)
    for begin in range(0, len(samples) - part + 1, part):
        some = samples[begin : begin + part]
        resident = sum(sample.resident for sample in some) / len(some)
        print(f"| {resident:>10,.0f} | {max(sample.descriptors for sample in some):>6} |")
    growth = growth_of(samples)
    print(
        f"\nFrom {growth.first:,.0f} to {growth.last:,.0f} KiB, {growth.percent:+.1f} %; "
        f"highest {growth.highest:,} KiB; {growth.slope:+,.1f} KiB per minute"
    )
    return growth.percent


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
