"""What every vendor's tests may use."""

import pytest

from groupgate.upstream import retry


@pytest.fixture(autouse=True)
def _one_try(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call is made once, so that what is counted is what a vendor's code asks for.

    That calls which fail are made again is a matter of `groupgate.upstream`, and of its tests.
    """
    if "retried" not in request.fixturenames:
        monkeypatch.setattr(retry, "TRIES", 1)


@pytest.fixture
def retried() -> None:
    """Make calls again that fail, for once, as the gateway does."""
