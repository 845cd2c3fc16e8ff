"""What every vendor's tests may use."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _retry_at_once() -> Iterator[None]:
    """Each call is made once, so that what is counted is what a vendor's code asks for.

    That calls which fail are made again is a matter of `groupgate.upstream`, and of its tests.
    """
    stamina.set_testing(True, attempts=1, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def retried(_retry_at_once: None) -> None:
    """Make calls again that fail, for once, as the gateway does."""
    stamina.set_testing(True, attempts=10, cap=True)
