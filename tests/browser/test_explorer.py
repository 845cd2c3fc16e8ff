"""The explorer in a real browser that can reach this machine only."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import groupgate.app.graphiql
from tests.browser.webdriver import Browser

EXAMPLES = Path(groupgate.app.graphiql.__file__).parent / "static" / "examples"

RUN = ".graphiql-execute-button"
TAB = ".graphiql-tab-button"
SETTINGS = ".graphiql-sidebar [data-value=settings]"

# CodeMirror puts only the visible lines on the page; the editor itself knows the rest.
QUERY = "return document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror.getValue()"
RESULT = "return document.querySelector('.result-window .CodeMirror').CodeMirror.getValue()"
TABS = f"return [...document.querySelectorAll('{TAB}')].map(tab => tab.textContent)"


def test_the_opening_query_shows_rows_of_all_three_vendors(browser: Browser, gateway: str) -> None:
    browser.open(gateway)
    browser.find(".graphiql-query-editor .cm-keyword")
    assert browser.run(QUERY) == (EXAMPLES / "catalogue.graphql").read_text("utf-8")

    browser.click(RUN)
    browser.find(".result-window .cm-property")
    answer = json.loads(browser.run(RESULT))
    assert list(answer) == ["data"]
    rows = {
        (provider["name"], bool(product["name"]))
        for provider in answer["data"]["providers"]
        for collection in provider["productCollections"]["nodes"]
        for group in collection["groups"]["nodes"]
        for product in group["products"]["nodes"]
    }
    assert rows == {("Dodo Payments", True), ("Axim Commerce", True), ("2Checkout", True)}


def test_nothing_comes_from_elsewhere_and_nothing_breaks_the_policy(
    browser: Browser, gateway: str
) -> None:
    browser.open(gateway)
    browser.click(RUN)
    browser.find(".result-window .cm-property")
    browser.click(SETTINGS)
    browser.find(".graphiql-dialog")
    assert browser.requested_hosts() == {urlsplit(gateway).netloc}
    assert browser.console_errors() == []


def test_every_example_is_a_tab(browser: Browser, gateway: str) -> None:
    browser.open(gateway)
    browser.find(TAB)
    tabs = browser.run(TABS)
    assert tabs == ["Catalogue", "Search", "Vendors", "Preview"]
    assert sorted(f"{tab.lower()}.graphql" for tab in tabs) == sorted(
        path.name for path in EXAMPLES.iterdir()
    )
