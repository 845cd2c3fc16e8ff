"""Fixtures of the request tests: virtual time."""

from typing import Any

import pytest

from tests.upstream.virtual_time import BACKEND


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Run async tests in an event loop with virtual time."""
    return BACKEND
