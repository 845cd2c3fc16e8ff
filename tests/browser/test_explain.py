"""The explain panel: the cost and the upstream calls of the last request."""

import json

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Locator, Page, expect

from tests.browser.explorer import Explorer

RESPONSE = {
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


def rows(table: Locator) -> list[list[str]]:
    """Return the texts of the cells, after the caption."""
    cells = [row.locator("th, td").all_text_contents() for row in table.get_by_role("row").all()]
    return [table.locator("caption").all_text_contents(), *cells]


def test_the_panel_lists_the_vendor_calls_of_a_mutation(page: Page, gateway: str) -> None:
    """The result itself does not contain the explanation."""
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert list(explorer.run()) == ["data"]

    tables = explorer.explain().get_by_role("table")
    expect(tables).to_have_count(2)
    cost, axim = map(rows, tables.all())
    assert cost[0] == ["Cost"]
    assert axim[0][0].startswith("AXIM")
    calls = axim[2:]
    assert ["PUT /productGroup/2572c4f3160fe621c56d2856", "200"] in [call[:2] for call in calls]
    assert cost[2] == ["Vendor calls", cost[2][1], str(len(calls))]


def test_the_panel_shows_the_whole_explanation(page: Page, gateway: str) -> None:
    """Consecutive calls of one vendor with the same path and status share a row."""
    explorer = Explorer(page, gateway)
    tables = explorer.explain().get_by_role("table")
    page.route("**/graphql", lambda route: route.fulfill(json=RESPONSE))
    assert explorer.run() == {"data": {"providers": []}}

    expect(tables).to_have_count(3)
    assert [rows(table) for table in tables.all()] == [
        [
            ["Cost"],
            ["", "Maximum", "Actual"],
            ["Vendor calls", "5", "4"],
            ["Cache hits", "", "2"],
            ["Rows", "1,234", ""],
            ["Points", "56,789", ""],
        ],
        [
            ["DODO3 calls, 8.0 ms"],
            ["Call", "Status", "ms"],
            ["GET /a \u00d7 2", "503", "4.0"],
            ["GET /a", "none", "4.0"],
        ],
        [
            ["AXIM1 call, 9.0 ms"],
            ["Call", "Status", "ms"],
            ["GET /b", "200", "9.0"],
        ],
    ]


def test_the_result_contains_the_explanation_if_the_user_sends_the_header(
    page: Page, gateway: str
) -> None:
    explorer = Explorer(page, gateway)
    explorer.set_headers({"Groupgate-Explain": "1"})
    assert list(explorer.run()["extensions"]) == ["cost", "upstream"]


def test_the_panel_ignores_introspection_requests(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    docs = explorer.open_panel("Documentation Explorer")
    expect(docs.get_by_text("Root Types")).to_be_visible()
    expect(explorer.explain()).to_have_text(
        "Run an operation to see its cost and its calls to each vendor."
    )


def test_the_panel_opens_by_itself_the_first_time(page: Page, gateway: str) -> None:
    """After the user closed it, it stays closed."""
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, gateway)
    panel = explorer.panel("Explain")
    expect(panel).to_have_count(0)
    explorer.run()
    expect(panel).to_contain_text("A point is the unit of the limits")
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(panel).to_have_count(0)
    explorer = Explorer(page, gateway)
    explorer.run()
    expect(panel).to_have_count(0)


def test_the_request_is_copied_as_curl_without_its_token(page: Page, gateway: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = Explorer(page, f"{gateway}?query=query%20Q%7Bproviders(keys:[])%7Bname%7D%7D%23it's")
    explorer.set_headers({"Authorization": "Bearer not-to-be-shared", "X-Test": "1"})
    explorer.run()
    explorer.explain().get_by_role("button", name="Copy as curl").click()
    expect(explorer.panel("Explain").get_by_role("button", name="Copied")).to_be_visible()
    lines = page.evaluate("navigator.clipboard.readText()").split(" \\\n  ")
    assert lines[:-1] == [
        "curl",
        f"'{gateway}graphql'",
        "-H 'accept: application/graphql-response+json, application/json'",
        "-H 'content-type: application/json'",
        "-H 'x-test: 1'",
        '-H "authorization: Bearer $GROUPGATE_TOKEN"',
    ]
    body = lines[-1].removeprefix("--data-binary '").removesuffix("'").replace("'\\''", "'")
    assert json.loads(body)["query"] == "query Q{providers(keys:[]){name}}#it's"
