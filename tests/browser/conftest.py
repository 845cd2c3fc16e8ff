"""Fixtures of the browser tests: gateways on the sandbox, and a page in Chromium."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from groupgate.app.auth.tokens import line_of
from groupgate.app.graphiql.page import BUILT
from tests.browser.processes import (
    find_chromium,
    gateway_without_axim,
    headless_chromium,
    sandbox_gateway,
    vendor_simulators,
)

if TYPE_CHECKING:  # without Playwright the test modules are skipped, but this file is loaded
    from playwright.sync_api import Browser, Page

    from tests.browser.explorer import Explorer


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of Chromium; skip the test without it, except in CI."""
    if not BUILT.is_dir() and not os.environ.get("CI"):
        pytest.skip("The explorer is not built: run pip install --no-deps -e .")
    if path := find_chromium():
        return path
    if os.environ.get("CI"):
        pytest.fail("Chromium is not installed; the browser tests must run in CI.")
    pytest.skip("Chromium is not installed.")


@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator["Browser"]:
    """Start Chromium for the tests of this folder.

    Not for the session: until Playwright stops, its event loop counts as running in this thread,
    so async tests of other folders could not run theirs.
    """
    with headless_chromium(chromium_path) as browser:
        yield browser


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """Open an empty page with a new profile."""
    with browser.new_context() as context:
        yield context.new_page()


@pytest.fixture(scope="package")
def opened(browser: "Browser", gateway: str) -> Iterator["Explorer"]:
    """Open the explorer for tests that only look at it."""
    from tests.browser.explorer import Explorer  # noqa: PLC0415 - Playwright may not be installed

    with browser.new_context() as context:
        yield Explorer(context.new_page(), gateway)


@pytest.fixture(scope="session")
def gateway(
    chromium_path: str,  # noqa: ARG001 - no gateway is needed without a browser
) -> Iterator[str]:
    """Start a gateway and return the URL of its explorer."""
    with sandbox_gateway() as url:
        yield url


@pytest.fixture(scope="session")
def token() -> str:
    """Return the token of `guarded_gateway`, which may read and write."""
    return "groupgate_for-the-tests-of-the-explorer-only"


@pytest.fixture(scope="session")
def guarded_gateway(
    chromium_path: str,  # noqa: ARG001 - no gateway is needed without a browser
    token: str,
) -> Iterator[str]:
    """Start a gateway that requires a token and return the URL of its explorer."""
    with sandbox_gateway(GROUPGATE_TOKENS=line_of("explorer", token, ["write"])) as url:
        yield url


@pytest.fixture(scope="session")
def simulators(
    chromium_path: str,  # noqa: ARG001 - no simulators are needed without a browser
) -> Iterator[str]:
    """Start the simulators of the vendors and return their URL."""
    with vendor_simulators() as url:
        yield url


@pytest.fixture(scope="session")
def live_gateway(simulators: str) -> Iterator[str]:
    """Start a gateway that takes its vendors for live ones; Axim Commerce cannot be reached."""
    with gateway_without_axim(simulators) as url:
        yield url


@pytest.fixture
def failing_gateway(simulators: str) -> Iterator[str]:
    """Start another one, whose breaker for Axim Commerce no other test has opened."""
    with gateway_without_axim(simulators) as url:
        yield url
