"""The explain panel: what the last request took, as the gateway tells it."""

import json

from tests.browser.explorer import (
    open_example,
    open_page,
    opener,
    panel,
    run,
    tables,
    write,
)
from tests.browser.webdriver import Browser

TOLD = {
    "data": {"providers": []},
    "extensions": {
        "cost": {
            "rows": 1234,
            "upstreamCalls": 5,
            "points": 56789,
            "spent": {"upstreamCalls": 4, "cacheHits": 2},
        },
        "upstream": [
            {"provider": "DODO", "method": "GET", "path": "/a", "status": 503, "milliseconds": 1.5},
            {"provider": "AXIM", "method": "GET", "path": "/b", "status": 200, "milliseconds": 9.0},
            {"provider": "DODO", "method": "GET", "path": "/a", "status": 503, "milliseconds": 2.5},
            {"provider": "DODO", "method": "GET", "path": "/a", "status": 0, "milliseconds": 4.0},
        ],
    },
}

ANSWER = "window.fetch = async () => new Response(%s)"


def test_a_run_tells_each_call_to_a_vendor(browser: Browser, gateway: str) -> None:
    """The calls of a mutation, in their order; the result itself stays as short as it was."""
    open_page(browser, gateway)
    open_example(browser, "groupUpdate", "UpdateGroup")
    assert list(run(browser)) == ["data"]

    browser.click(opener("Explain"))
    browser.find(panel("Explain") + " table")
    cost, axim = tables(browser)
    assert cost[0] == ["Cost"]
    assert axim[0] == ["AXIM"]
    calls = axim[2:]
    assert ["PUT /productGroup/2572c4f3160fe621c56d2856", "200"] in [call[:2] for call in calls]
    assert cost[2][0] == "Calls to vendors"
    assert cost[2][2] == str(len(calls))


def test_all_that_is_told_is_shown(browser: Browser, gateway: str) -> None:
    """Calls that are alike and follow each other at one vendor share a row."""
    open_page(browser, gateway)
    browser.click(opener("Explain"))
    browser.find(panel("Explain"))
    browser.run(ANSWER % json.dumps(json.dumps(TOLD)))
    assert run(browser) == {"data": {"providers": []}}

    browser.find(panel("Explain") + " table")
    assert tables(browser) == [
        [
            ["Cost"],
            ["", "at most", "spent"],
            ["Calls to vendors", "5", "4"],
            ["Cache hits", "", "2"],
            ["Rows", "1,234", ""],
            ["Points", "56,789", ""],
        ],
        [
            ["DODO"],
            ["call", "status", "ms"],
            ["GET /a \u00d7 2", "503", "4.0"],
            ["GET /a", "none", "4.0"],
        ],
        [
            ["AXIM"],
            ["call", "status", "ms"],
            ["GET /b", "200", "9.0"],
        ],
    ]


def test_who_asks_by_header_sees_it_in_the_result_too(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    write(browser, "headers", {"Groupgate-Explain": "1"})
    assert list(run(browser)["extensions"]) == ["cost", "upstream"]


def test_fetching_the_schema_is_no_request_of_the_user(browser: Browser, gateway: str) -> None:
    open_page(browser, gateway)
    browser.click(opener("Documentation Explorer"))
    browser.find(".graphiql-doc-explorer-root-type")
    browser.click(opener("Explain"))
    browser.find(panel("Explain") + " p")
    shown = browser.run("return document.querySelector('.panel').textContent")
    assert shown == "ExplainRun an operation: this tells what it took."
