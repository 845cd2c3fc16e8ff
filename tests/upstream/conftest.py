"""Time is virtual here, and chance takes its largest value."""

import random
from typing import Any

import pytest

from tests.upstream.virtual_time import BACKEND


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on a loop whose clock jumps from timer to timer."""
    return BACKEND


@pytest.fixture(autouse=True)
def _retry_at_once() -> None:
    """Retries wait as long as they would, for that costs nothing here."""


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is random is the most it can be."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
