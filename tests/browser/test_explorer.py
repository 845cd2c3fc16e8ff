"""The explorer in a browser that can reach only this machine."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Page, expect

import groupgate.app.graphiql
from tests.browser.explorer import Explorer

EXAMPLES = Path(groupgate.app.graphiql.__file__).parent / "static" / "examples"
DOCS = "Documentation Explorer"


def test_the_first_query_returns_products_of_all_vendors(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    expect(explorer.tab_titles).to_have_text(["Catalogue"])
    assert explorer.text("Query Editor") == (EXAMPLES / "catalogue.graphql").read_text("utf-8")

    response = explorer.run()
    assert list(response) == ["data"]
    products = {
        (provider["name"], bool(product["name"]))
        for provider in response["data"]["providers"]
        for collection in provider["productCollections"]["nodes"]
        for group in collection["groups"]["nodes"]
        for product in group["products"]["nodes"]
    }
    assert products == {("Dodo Payments", True), ("Axim Commerce", True), ("2Checkout", True)}


def test_an_example_opens_in_its_own_tab_and_runs_unchanged(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(explorer.tab_titles).to_have_text(["Catalogue", "UpdateGroup"])
    variables = json.loads(explorer.text("Variables"))

    payload = explorer.run()["data"]["groupUpdate"]
    assert payload["userErrors"] == []
    assert payload["group"] == {
        "id": variables["id"],
        "name": "Summer 2026",
        "status": "ACTIVE",
        "access": "OPEN",
    }


def test_the_explorer_says_that_the_vendors_are_simulated(page: Page, gateway: str) -> None:
    Explorer(page, gateway)
    expect(page.locator(".explorer-mode")).to_have_text("Sandbox: simulated vendors")


@pytest.mark.parametrize(
    ("mode", "text"), [("test", "Test: no real data"), ("live", "Live: changes are real")]
)
def test_the_explorer_says_whether_changes_are_real(
    page: Page, gateway: str, mode: str, text: str
) -> None:
    page.route("**/readyz", lambda route: route.fulfill(json={"mode": mode}))
    Explorer(page, gateway)
    expect(page.locator(".explorer-mode")).to_have_text(text)


def test_without_readyz_the_explorer_works(page: Page, gateway: str) -> None:
    page.route("**/readyz", lambda route: route.abort())
    Explorer(page, gateway)
    expect(page.locator(".explorer-mode")).to_have_count(0)


def test_an_example_does_not_open_twice(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.open_example("groupDelete", operation="DeleteGroup")
    explorer.open_example("Catalogue", operation="Catalogue")
    explorer.open_example("groupDelete", operation="DeleteGroup")
    expect(explorer.tab_titles).to_have_text(["Catalogue", "DeleteGroup"])


def test_the_panel_lists_every_example(page: Page, gateway: str) -> None:
    sections = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    expect(Explorer(page, gateway).panel("Examples").get_by_role("button")).to_have_text(
        [
            example["title"] + example["description"]
            for section in sections
            for example in section["examples"]
        ]
    )


def test_the_docs_list_every_mutation(page: Page, gateway: str) -> None:
    docs = Explorer(page, gateway).open_panel(DOCS)
    expect(docs.locator(".graphiql-doc-explorer-root-type")).to_have_text(["query", "mutation"])
    docs.get_by_role("link", name="Mutation").click()
    expect(docs.locator(".graphiql-doc-explorer-field-name")).to_have_count(14)


def test_the_history_lists_a_query_that_was_run(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.run()
    history = explorer.open_panel("History")
    expect(history.get_by_role("listitem")).to_contain_text(["Catalogue"])


def test_a_narrow_window_can_scroll_to_the_response(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    explorer = Explorer(page, gateway)
    response = page.get_by_role("region", name="Result Window")
    expect(response).not_to_be_in_viewport()
    explorer.panel("Examples").hover()
    page.mouse.wheel(delta_x=1000, delta_y=0)
    expect(response).to_be_in_viewport()


def test_the_page_loads_nothing_from_other_hosts_and_logs_no_errors(
    page: Page, gateway: str
) -> None:
    """With each panel and the settings open. Chromium logs each violation of the CSP."""
    hosts = set[str]()
    errors: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda log: errors.append(log.text) if log.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(error.message))

    explorer = Explorer(page, gateway)
    explorer.run()
    for title in (DOCS, "History", "Explain", "Examples"):
        expect(explorer.open_panel(title)).to_be_visible()
    explorer.open_example("Product search", operation="Search")
    explorer.run()
    page.get_by_role("button", name="Open settings dialog").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert hosts == {urlsplit(gateway).netloc}
    assert errors == []
