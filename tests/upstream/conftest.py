"""Fixtures of the upstream tests: virtual time, and no randomness."""

import random
from typing import Any

import pytest

from tests.upstream.virtual_time import BACKEND


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run async tests in an event loop with virtual time."""
    return BACKEND


@pytest.fixture(autouse=True)
def _retry_at_once() -> None:
    """Override the fixture of all tests: here retries wait, which costs no real time."""


@pytest.fixture(autouse=True)
def _maximum_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make each random wait the longest that is possible."""
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
