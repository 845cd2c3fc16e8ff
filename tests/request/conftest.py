"""Time is virtual in these tests."""

from typing import Any

import pytest

from tests.upstream.virtual_time import BACKEND


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """Async tests run on a loop whose clock jumps from timer to timer."""
    return BACKEND
