"""The explorer in a real browser that can reach this machine only."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import groupgate.app.graphiql
from tests.browser.explorer import (
    SETTINGS,
    open_example,
    open_page,
    opener,
    panel,
    run,
    tabs,
    text,
)
from tests.browser.webdriver import Browser

EXAMPLES = Path(groupgate.app.graphiql.__file__).parent / "static" / "examples"

DOCS = "Documentation Explorer"
ROOT_TYPES = ".graphiql-doc-explorer-root-type ~ .graphiql-doc-explorer-type-name"
FIELD = ".graphiql-doc-explorer-field-name"


def test_the_opening_query_shows_rows_of_all_three_vendors(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    assert tabs(browser) == ["Catalogue"]
    assert text(browser, "query") == (EXAMPLES / "catalogue.graphql").read_text("utf-8")

    answer = run(browser)
    assert list(answer) == ["data"]
    rows = {
        (provider["name"], bool(product["name"]))
        for provider in answer["data"]["providers"]
        for collection in provider["productCollections"]["nodes"]
        for group in collection["groups"]["nodes"]
        for product in group["products"]["nodes"]
    }
    assert rows == {("Dodo Payments", True), ("Axim Commerce", True), ("2Checkout", True)}


def test_a_mutation_runs_as_its_example_has_it(browser: Browser, gateway: str) -> None:
    """The examples are there from the start; each opens in a tab of its own, with its ids."""
    open_page(browser, gateway)
    open_example(browser, "groupUpdate", "UpdateGroup")
    assert tabs(browser) == ["Catalogue", "UpdateGroup"]
    asked = json.loads(text(browser, "variables"))

    payload = run(browser)["data"]["groupUpdate"]
    assert payload["userErrors"] == []
    assert payload["group"] == {
        "id": asked["id"],
        "name": "Summer 2026",
        "status": "ACTIVE",
        "access": "OPEN",
    }


def test_an_example_that_is_open_is_not_opened_again(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    open_example(browser, "groupDelete", "DeleteGroup")
    open_example(browser, "The catalogue", "Catalogue")
    open_example(browser, "groupDelete", "DeleteGroup")
    assert tabs(browser) == ["Catalogue", "DeleteGroup"]


def test_every_example_is_listed(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    browser.find(panel("Examples") + " button")
    listed = browser.run(
        "return [...document.querySelectorAll('.panel button')].map(one => one.textContent)"
    )
    sections = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    assert listed == [
        one["title"] + one["about"] for section in sections for one in section["examples"]
    ]


def test_the_docs_tell_every_mutation(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    browser.click(opener(DOCS))
    browser.find(ROOT_TYPES)
    roots = f"return [...document.querySelectorAll('{ROOT_TYPES}')].map(one => one.textContent)"
    assert browser.run(roots) == ["Query", "Mutation"]

    browser.run(f"document.querySelectorAll('{ROOT_TYPES}')[1].click()")
    browser.find(FIELD)
    fields = f"return [...document.querySelectorAll('{FIELD}')].map(one => one.textContent)"
    assert len(browser.run(fields)) == 14


def test_the_history_keeps_what_was_run(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    run(browser)
    browser.click(opener("History"))
    browser.press("Catalogue")


def test_nothing_comes_from_elsewhere_and_nothing_breaks_the_policy(
    browser: Browser, gateway: str
) -> None:
    """Whatever panel is open."""
    open_page(browser, gateway)
    run(browser)
    for title in (DOCS, "History", "Explain", "Examples"):
        browser.click(opener(title))
    open_example(browser, "Search", "Search")
    run(browser)
    browser.click(SETTINGS)
    browser.find(".graphiql-dialog")
    assert browser.requested_hosts() == {urlsplit(gateway).netloc}
    assert browser.console_errors() == []
