"""Links that open an operation."""

import json
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Page, Route, expect

from tests.browser.explorer import Explorer, name_of

QUERY = "query First { providers { name } }\n\nquery Second { providers { key } }\n"
VARIABLES = '{"unused": "a&b"}'


def sent_operations(page: Page) -> list[str]:
    """Return a list to which every request of the page adds the text of its query."""
    operations: list[str] = []

    def add(text: str | None) -> None:
        if text:
            operations.append(json.loads(text)["query"])

    page.on("request", lambda request: add(request.post_data))
    return operations


def test_a_link_opens_its_operation_and_does_not_run_it(page: Page, gateway: str) -> None:
    operations = sent_operations(page)
    link = urlencode({"query": QUERY, "variables": VARIABLES, "operationName": "Second"})
    explorer = Explorer(page, f"{gateway}?{link}")
    assert explorer.text("Query Editor") == QUERY
    assert explorer.text("Variables") == VARIABLES
    expect(explorer.tab_titles).to_have_text(["Second"])
    docs = explorer.open_docs()
    expect(docs.get_by_text("Root Types")).to_be_visible()
    assert QUERY not in operations
    assert page.url == gateway
    assert explorer.text("Result Window") == ""


def test_a_link_opens_beside_the_tabs_of_the_last_visit(page: Page, gateway: str) -> None:
    Explorer(page, gateway).wait_until_stored("graphiql:tabState", "Catalogue")
    query = "query Linked { providers { name } }"
    explorer = Explorer(page, f"{gateway}?{urlencode({'query': query})}")
    expect(explorer.tab_titles).to_have_text(["Catalogue", "Linked"])
    assert explorer.text("Query Editor") == query
    assert explorer.run()["data"]["providers"][0] == {"name": "Axim Commerce"}


def test_a_link_opens_an_example_by_its_name(page: Page, gateway: str) -> None:
    explorer = Explorer(page, f"{gateway}?example=group-update")
    expect(explorer.tab_titles).to_have_text(["UpdateGroup"])
    assert json.loads(explorer.text("Variables"))["id"].startswith("Wy")
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []


def test_a_reload_before_a_link_is_open_opens_it(page: Page, live_gateway: str) -> None:
    """The example waits for ids of this server."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        is_first = name_of(route.request) == "ExampleIds" and not held
        held.append(route) if is_first else route.continue_()

    page.route("**/graphql", hold)
    with page.expect_request(lambda request: name_of(request) == "ExampleIds"):
        page.goto(f"{live_gateway}?example=group-update")
    page.reload()
    expect(Explorer(page).tab_titles).to_have_text(["UpdateGroup"])
    assert page.url == live_gateway
    assert len(held) == 1


def test_an_unknown_example_opens_the_first(page: Page, gateway: str) -> None:
    explorer = Explorer(page, f"{gateway}?example=../index")
    expect(explorer.tab_titles).to_have_text(["Catalogue"])


def test_the_button_copies_a_link_without_headers(page: Page, gateway: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    explorer.set_headers({"Authorization": "Bearer not-to-be-shared"})
    page.get_by_role("button", name="Copy link to this operation").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(gateway)
    assert parse_qs(urlsplit(link).query) == {
        "query": [explorer.text("Query Editor")],
        "variables": [explorer.text("Variables")],
    }
    reopened = Explorer(page, link)
    expect(reopened.tab_titles.last).to_have_text("UpdateGroup")
