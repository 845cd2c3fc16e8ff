"""What every test may use."""

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

from groupgate.upstream import retry


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries happen as often as they would, without the waiting."""

    async def pause(_seconds: float) -> None:
        pass

    monkeypatch.setattr(retry, "pause", pause)


@pytest.fixture(autouse=True)
def _log_as_if_new() -> Iterator[None]:
    """A test that sets up logging leaves nothing of it to the next."""
    structlog.reset_defaults()
    root = logging.getLogger()
    level, hooks = root.level, (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers = [one for one in root.handlers if one.name != "groupgate"]
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
