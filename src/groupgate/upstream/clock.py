"""The clock of the running event loop, by which everything here is timed."""

import asyncio


def now() -> float:
    """Seconds since some fixed moment; only differences mean something."""
    return asyncio.get_running_loop().time()
