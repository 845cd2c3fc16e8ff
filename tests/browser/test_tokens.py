"""The explorer on a gateway that asks for a token."""

import json

from tests.browser.explorer import (
    HEADERS,
    HINT,
    TOKEN,
    open_example,
    open_page,
    opener,
    panel,
    run,
    text,
    write,
)
from tests.browser.webdriver import Browser

AUTHORIZATION = {"Authorization": f"Bearer {TOKEN}"}


def test_without_a_token_the_page_says_what_is_missing(
    browser: Browser, guarded_gateway: str
) -> None:
    open_page(browser, guarded_gateway)
    assert run(browser) == {
        "errors": [
            {
                "message": "Show a token: Authorization: Bearer <token>.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }
    browser.find(HINT)
    hint = browser.run(f"return document.querySelector('{HINT}').textContent")
    assert hint == (
        'Write a token into Headers, below the query: { "Authorization": "Bearer ..." }'
    )
    browser.click(opener("Explain"))
    browser.find(panel("Explain") + " .is-bad")
    refused = browser.run("return document.querySelector('.panel .is-bad').textContent")
    assert refused == "UNAUTHENTICATED: no vendor was asked."


def test_a_token_in_the_headers_is_sent_and_brings_the_docs(
    browser: Browser, guarded_gateway: str
) -> None:
    """The schema was refused as the page opened; it comes with the first answer."""
    open_page(browser, guarded_gateway)
    browser.click(HEADERS)
    write(browser, "headers", AUTHORIZATION)
    assert len(run(browser)["data"]["providers"]) == 3
    browser.click(opener("Documentation Explorer"))
    browser.find(".graphiql-doc-explorer-root-type")


def test_the_next_example_has_the_token_too_but_not_an_idempotency_key(
    browser: Browser, guarded_gateway: str
) -> None:
    open_page(browser, guarded_gateway)
    write(browser, "headers", AUTHORIZATION)
    open_example(browser, "Once, however often", "CreateOnce")
    assert json.loads(text(browser, "headers")) == {
        **AUTHORIZATION,
        "Idempotency-Key": "example-1",
    }
    open_example(browser, "groupUpdate", "UpdateGroup")
    assert json.loads(text(browser, "headers")) == AUTHORIZATION
    assert run(browser)["data"]["groupUpdate"]["userErrors"] == []
