"""The tabs that a reload opens again."""

import json

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Page, expect

from tests.browser.explorer import Explorer, name_of

TYPED = "query Typed { providers { name } }"


def test_a_reload_at_once_keeps_what_was_opened_and_typed(page: Page, gateway: str) -> None:
    """And runs none of it."""
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    opened = explorer.text("Query Editor"), explorer.text("Variables")
    names: list[str | None] = []
    page.on("request", lambda request: names.append(name_of(request)))

    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue", "UpdateGroup"])
    assert (explorer.text("Query Editor"), explorer.text("Variables")) == opened

    explorer.replace_text("Variables", '{"typed": 1}')
    explorer.replace_text("Query Editor", TYPED)
    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue", "Typed"])
    assert explorer.text("Query Editor") == TYPED
    assert explorer.text("Variables") == '{"typed": 1}'

    explorer.tab_titles.first.click()
    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue", "Typed"])
    assert "query Catalogue" in explorer.text("Query Editor")
    assert not {"Catalogue", "UpdateGroup", "Typed"} & set(names)


def test_an_empty_tab_stays_the_current_one(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    page.get_by_role("button", name="New tab").click()
    expect(explorer.tab_titles).to_have_count(2)
    assert explorer.text("Query Editor").startswith("# Ctrl-Space lists")
    explorer.replace_text("Query Editor", "\n")
    page.goto(gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue", "<untitled>"])
    expect(page.locator(".graphiql-tab-button[aria-current]")).to_have_text("<untitled>")


def test_each_window_keeps_its_own_tabs(page: Page, gateway: str) -> None:
    """A new window begins with those that were stored last."""
    first = Explorer(page, gateway)
    first.open_example("groupUpdate", operation="UpdateGroup")
    second = Explorer(page.context.new_page(), gateway)
    expect(second.tab_titles).to_have_text(["Catalogue", "UpdateGroup"])
    second.open_example("Product search", operation="Search")
    first.replace_text("Query Editor", TYPED)
    second.page.goto("about:blank")
    first = Explorer(page, gateway)
    expect(first.tab_titles).to_have_text(["Catalogue", "Typed"])
    second = Explorer(second.page, gateway)
    expect(second.tab_titles).to_have_text(["Catalogue", "UpdateGroup", "Search"])


def test_a_reload_after_a_crash_keeps_what_was_opened(page: Page, gateway: str) -> None:
    """The page does not get the events of its end."""
    explorer = Explorer(page, gateway)
    page.evaluate(
        """["pagehide", "visibilitychange"].forEach((name) =>
            addEventListener(name, (event) => event.stopImmediatePropagation(), {capture: true}))"""
    )
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue", "UpdateGroup"])


@pytest.mark.parametrize("stored", ["{", "null", "[]", '{"tabs": [], "activeTabIndex": 3}'])
def test_tabs_that_cannot_be_read_are_ignored(page: Page, gateway: str, stored: str) -> None:
    page.add_init_script(f"localStorage.setItem('graphiql:tabState', {json.dumps(stored)})")
    expect(Explorer(page, gateway).tab_titles).to_have_text(["Catalogue"])


def test_persisted_headers_survive_every_reload(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("dialog").get_by_role("button", name="On", exact=True).click()
    page.keyboard.press("Escape")
    explorer.set_headers({"X-Test": "1"})
    for _ in range(3):
        explorer = Explorer(page, gateway)
        assert explorer.text("Headers") == '{"X-Test": "1"}'
        expect(explorer.tab_titles).to_have_text(["Catalogue"])


def test_headers_that_are_not_persisted_are_not_stored(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.set_headers({"X-Test": "not to be stored"})
    explorer = Explorer(page, gateway)
    assert explorer.text("Headers") == ""
    assert "not to be stored" not in page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}])"
    )


def test_cleared_tabs_are_not_opened_again(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    page.get_by_role("button", name="Open settings dialog").click()
    page.get_by_role("button", name="Clear data").click()
    expect(page.get_by_role("button", name="Cleared data")).to_be_visible()
    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue"])
