"""Fixtures and marks of all tests."""

import gc
import logging
import sys
import threading
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path

import pytest
import strawberry
import structlog

from groupgate.app import factory
from groupgate.schema import build
from groupgate.upstream import sender

TESTS = Path(__file__).parent

SLOW = (
    "browser/**/*.py",
    "clients/**/*.py",
    "faults/**/*.py",
    # These start processes or wait for timeouts of connections.
    *(
        f"app/redis/test_{name}.py"
        for name in (
            *("coherence", "merchants", "once", "stores", "trouble", "two_gateways"),
            *("vendor_limits", "vendor_permits", "vendor_responses", "write_notices"),
        )
    ),
    *(
        f"cli/test_{name}.py"
        for name in (
            *("commands", "connections", "json_logs", "process_limits", "processes", "shutdown"),
            *("signals", "workers"),
        )
    ),
    "deploy/test_deployment.py",
    "deploy/test_prometheus.py",
    # These generate many random inputs.
    "**/test_*propert*.py",
    "app/test_fuzz.py",
    "sandbox/**/test_openapi.py",
)
"""Modules whose tests are marked as slow: `pytest -m "not slow"` leaves them out."""

LONGEST = TESTS / "deploy/test_prometheus.py"
"""The module that takes longest, about two minutes, in which it waits for alerts."""


@cache
def slow_modules() -> frozenset[Path]:
    """Return the modules that match a pattern; raise UsageError for a pattern without a match."""
    modules = {pattern: set(TESTS.glob(pattern)) for pattern in SLOW}
    for pattern, found in modules.items():
        if not found:
            raise pytest.UsageError(f"tests/conftest.py marks {pattern} as slow; no file matches.")
    return frozenset().union(*modules.values())


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """Start no processes for the tests of one file, which `--dist=loadfile` runs in one.

    Else one for each core: with two, browsers and Prometheus met a machine that was too busy.
    """
    cores = yield
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and files.pop().endswith(".py"):
        return 0
    return cores


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the slow modules if they are left out: some take seconds."""
    is_left_out = _leaves_out_slow_tests(config) and collection_path in slow_modules()
    return is_left_out or None


def _leaves_out_slow_tests(config: pytest.Config) -> bool:
    is_left_out: bool = config.option.markexpr == "not slow"
    return is_left_out


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of slow modules, and begin with the module that takes longest.

    If it began later, it would run alone at the end.
    """
    for item in items:
        if item.path in slow_modules():
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: item.path != LONGEST)


def pytest_collection_finish() -> None:
    """Leave the collected modules and tests out of garbage collection, which would scan them."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _shared_schema() -> Iterator[None]:
    """Build and print the schema once: it is the same in every app, and takes most of its setup."""

    @cache
    def build_once(*, federation: bool = False) -> strawberry.Schema:
        schema = build.build_schema(federation=federation)
        monkeypatch.setattr(schema, "as_str", cache(schema.as_str))
        return schema

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(factory, "build_schema", build_once)
        yield


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without waiting; the number of tries is unchanged."""

    async def pause(_seconds: float) -> None:
        pass

    monkeypatch.setattr(sender, "pause", pause)


@pytest.fixture(autouse=True)
def _default_logging() -> Iterator[None]:
    """Undo what a test configures of logging."""
    structlog.reset_defaults()
    root = logging.getLogger()
    level, hooks = root.level, (sys.excepthook, threading.excepthook, sys.unraisablehook)
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers = [one for one in root.handlers if one.name != "groupgate"]
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
