"""Waiting for what nothing tells of."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], object]) -> None:
    """Wait until this holds; fail if it has not in half a minute."""
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not come about.")
