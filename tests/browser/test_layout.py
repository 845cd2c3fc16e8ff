"""The room of the panes, at the widths of a laptop, a tablet and a phone."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.explorer import Explorer

HEIGHT = 800


@pytest.fixture(params=["light", "dark"])
def themed(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open an empty page with a touch screen, in light or dark colours."""
    with browser.new_context(color_scheme=request.param, has_touch=True) as context:
        yield context.new_page()


def box_of(locator: Locator) -> FloatRect:
    """Return where an element is on the page."""
    box = locator.bounding_box()
    assert box is not None
    return box


def editor_of(page: Page) -> Locator:
    return page.get_by_role("region", name="Query Editor").locator(".CodeMirror")


def test_the_editor_has_room_and_the_first_query_does_not_wrap(themed: Page, gateway: str) -> None:
    """Also while Explain is open, which opens by itself."""
    themed.set_viewport_size({"width": 1280, "height": HEIGHT})
    explorer = Explorer(themed, gateway)
    explorer.run()
    expect(explorer.panel("Explain").locator(".waterfall")).to_be_visible()
    assert box_of(editor_of(themed))["width"] >= 480
    lines = themed.get_by_role("region", name="Query Editor").locator(".CodeMirror-line")
    heights = {round(box_of(line)["height"]) for line in lines.all()}
    assert len(heights) == 1


def test_the_variables_are_open_only_if_a_tab_has_some(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    explorer = Explorer(page, gateway)
    show = page.get_by_role("button", name="Show editor tools")
    hide = page.get_by_role("button", name="Hide editor tools")
    expect(show).to_be_visible()
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(hide).to_be_visible()
    explorer.open_example("Catalogue", operation="Catalogue")
    expect(show).to_be_visible()


@pytest.mark.parametrize("width", [400, 800])
def test_in_a_narrow_window_the_panes_are_stacked(themed: Page, gateway: str, width: int) -> None:
    """Everything needed to run a query is inside the window, and nothing scrolls sideways."""
    themed.set_viewport_size({"width": width, "height": HEIGHT})
    explorer = Explorer(themed, gateway)
    expect(explorer.panel("Examples")).to_have_count(0)
    run = explorer.run_button
    assert box_of(run)["width"] >= 40
    assert box_of(run)["height"] >= 40
    run.tap()
    result = themed.get_by_role("region", name="Result Window")
    expect(result.locator(".cm-property").first).to_be_visible()
    editor_box, result_box = box_of(editor_of(themed)), box_of(result)
    assert editor_box["width"] >= width - 60
    assert result_box["width"] >= width - 60
    assert result_box["height"] >= 100
    assert result_box["y"] >= editor_box["y"] + editor_box["height"]
    assert result_box["y"] + result_box["height"] <= HEIGHT
    assert themed.evaluate("document.documentElement.scrollWidth") == width


def test_in_a_narrow_window_an_example_opens_and_its_panel_closes(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 400, "height": HEIGHT})
    explorer = Explorer(page, gateway)
    panel = explorer.open_panel("Examples")
    assert box_of(panel)["width"] >= 360
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(panel).to_have_count(0)
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []


def test_the_keyboard_reaches_the_button_that_runs_the_query(page: Page, gateway: str) -> None:
    Explorer(page, gateway)
    page.get_by_role("button", name="New tab").focus()
    names: list[str | None] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focus = page.locator(":focus")
        names.append(focus.get_attribute("aria-label"))
        if (names[-1] or "").startswith("Run"):
            assert focus.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
            page.keyboard.press("Enter")
            break
    expect(
        page.get_by_role("region", name="Result Window").locator(".cm-property").first
    ).to_be_visible()
