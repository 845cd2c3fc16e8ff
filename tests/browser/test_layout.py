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
    """Everything needed to run a query is inside the window, and nothing scrolls sideways.

    Explain takes the place of the result.
    """
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
    explorer.explain_tab.tap()
    assert box_of(explorer.panel("Explain"))["height"] >= 200
    expect(result).to_be_hidden()
    explorer.explain_tab.tap()
    expect(result.locator(".cm-property").first).to_be_visible()


def test_in_a_narrow_window_an_example_opens_and_its_panel_closes(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 400, "height": HEIGHT})
    explorer = Explorer(page, gateway)
    panel = explorer.open_panel("Examples")
    assert box_of(panel)["width"] >= 360
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(panel).to_have_count(0)
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []


def test_the_badge_stays_in_the_window_beside_many_tabs(page: Page, gateway: str) -> None:
    """And the current tab is in view."""
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    explorer = Explorer(page, gateway)
    for count in range(2, 10):
        page.get_by_role("button", name="New tab").click()
        expect(explorer.tab_titles).to_have_count(count)
    badge = box_of(page.locator(".explorer-mode"))
    last, add = box_of(explorer.tab_titles.last), box_of(page.get_by_role("button", name="New tab"))
    assert last["x"] + last["width"] <= add["x"]
    assert add["x"] + add["width"] < badge["x"]
    assert badge["x"] + badge["width"] <= 1280 - 16


CONTROLS = """() => {
    const VISIBLE = { visibilityProperty: true };
    const found = document.querySelectorAll("button, a, textarea, input, summary, [tabindex='0']");
    return [...found].filter((each) => each.tabIndex >= 0 && each.checkVisibility(VISIBLE));
}"""


def test_the_keyboard_reaches_everything(page: Page, gateway: str) -> None:
    """And shows where it is. Beside the buttons, the text of each editor can be scrolled."""
    page.set_viewport_size({"width": 1280, "height": HEIGHT})
    explorer = Explorer(page, f"{gateway}?example=products")
    page.get_by_role("button", name="Show Docs").focus()
    while not page.evaluate("document.activeElement.className").startswith("graphiql-execute"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(explorer.panel("Explain").locator(".waterfall")).to_be_visible()
    expect(page.locator(".result-window .short-id").first).to_be_visible()
    page.evaluate(f"window.controls = new Set(({CONTROLS})())")
    count = page.evaluate("controls.size")
    page.get_by_role("button", name="Show Docs").focus()
    unmarked: list[str] = []
    for _ in range(count + 20):
        page.keyboard.press("Tab")
        unmarked += page.evaluate(
            """() => {
                const { activeElement } = document;
                controls.delete(activeElement);
                const { outlineStyle, boxShadow } = getComputedStyle(activeElement);
                const isMarked = outlineStyle !== "none" || boxShadow !== "none";
                const hasCursor = activeElement.matches("textarea, body");
                return isMarked || hasCursor ? [] : [activeElement.outerHTML];
            }"""
        )
        if not page.evaluate("controls.size"):
            break
    assert page.evaluate("[...controls].map((each) => each.outerHTML.slice(0, 99))") == []
    assert unmarked == []
