"""axe-core finds no violation in the explorer, at three widths, in light and in dark colours."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.explorer import Explorer
from tests.clients.node_package import NodePackage

FOLDER = Path(__file__).parent / "axe"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = [1280, 800, 400]


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the script of axe-core."""
    NodePackage(folder=FOLDER).install()
    return (FOLDER / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def violations(page: Page, axe: str) -> list[tuple[str, list[str]]]:
    """Return the rules that the page violates, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(f"{axe};0")
    found: list[dict[str, Any]] = page.evaluate(
        """async runOnly => {
            const options = {runOnly, selectors: false, resultTypes: ["violations"]};
            return (await axe.run(document, options)).violations;
        }""",
        RULES,
    )
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found]


def wait_until_still(locator: Locator) -> None:
    """Wait until an element has ended its animations, which change colours."""
    locator.evaluate(
        """element => Promise.all(
            element.getAnimations({subtree: true}).map((each) => each.finished.catch(() => null))
        )"""
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_explorer_has_no_violations(
    browser: Browser, live_gateway: str, axe: str, colours: str
) -> None:
    """With a result that has errors, and with each panel and the settings open."""
    with browser.new_context(color_scheme=colours) as context:  # type: ignore[arg-type] # one of two
        page = context.new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        explorer = Explorer(page, live_gateway)
        assert violations(page, axe) == []
        explorer.run()
        expect(explorer.panel("Errors")).to_be_visible()
        explorer.open_docs()
        assert violations(page, axe) == []
        for title in ("History", "Examples"):
            explorer.open_panel(title)
            assert violations(page, axe) == []
        for width in SIZES:
            page.set_viewport_size({"width": width, "height": 800})
            explorer.explain()
            assert violations(page, axe) == []
        page.get_by_role("button", name="Open settings dialog").click()
        wait_until_still(page.get_by_role("dialog"))
        assert violations(page, axe) == []


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_form_for_the_token_has_no_violations(
    browser: Browser, guarded_gateway: str, axe: str, colours: str
) -> None:
    with browser.new_context(color_scheme=colours) as context:  # type: ignore[arg-type] # one of two
        page = context.new_page()
        page.goto(guarded_gateway)
        page.get_by_label("Token", exact=True).fill("groupgate_wrong")
        page.get_by_role("button", name="Open the explorer").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert violations(page, axe) == []
