"""The explain panel: the calls of the last request in time, its writes and its cost."""

import json
import re
from urllib.parse import urlencode

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.explorer import Explorer, name_of

CALL = {
    "provider": "DODO",
    "method": "GET",
    "path": "/a",
    "status": 200,
    "attempt": 1,
    "begun": 100.0,
    "sent": 200.0,
    "connected": 400.0,
    "ended": 900.0,
    "milliseconds": 700.0,
}
POINT = (
    "A point is the unit of cost: 1 for each row, 10 for each vendor call, 1 for every 10 values."
)
ANSWER = {"provider": "AXIM", "path": "/b", "ended": None, "ageSeconds": 1.5, "begun": 20.0}

RESPONSE = {
    "data": {"providers": []},
    "extensions": {
        "cost": {
            "rows": 1234,
            "upstreamCalls": 5,
            "points": 56789,
            "allowed": {"upstreamCalls": 200, "points": 100000, "pointsPerMinute": 60000},
            "spent": {"upstreamCalls": 4, "cacheHits": 2, "points": 56790},
        },
        "upstream": [
            {**CALL, "status": 503},
            {**CALL, "attempt": 2, "begun": 600.0, "sent": None, "connected": None, "ended": None},
        ],
        "timeline": {
            "elapsed": 1000.0,
            "deadline": 2000.0,
            "answers": [
                {**ANSWER, "result": "HIT"},
                {**ANSWER, "result": "HIT"},
                {**ANSWER, "result": "STALE", "ageSeconds": 61.0},
                {**ANSWER, "result": "SHARED", "ended": 40.0},
                {**ANSWER, "result": "SHARED", "ended": 420.0, "failed": True},
            ],
            "writes": [],
            "providers": [{"provider": "AXIM", "state": "UNAVAILABLE"}],
        },
    },
}


def answer_operations(route: Route) -> None:
    """Answer each operation of the user with `RESPONSE`; the server answers the introspection."""
    if name_of(route.request) == "IntrospectionQuery":
        route.fallback()
    else:
        route.fulfill(json=RESPONSE)


def share(bar: Locator) -> tuple[float, float]:
    """Return where a bar begins and its width, in parts of its track."""
    start, width, total = bar.evaluate(
        """bar => {
            const [own, track] = [bar, bar.parentElement].map((e) => e.getBoundingClientRect());
            return [own.left - track.left, own.width, track.width];
        }"""
    )
    return round(start / total, 2), round(width / total, 2)


def test_the_waterfall_has_the_scale_of_the_request_and_shows_everything(
    page: Page, gateway: str
) -> None:
    """With retries, cached, stale and shared answers, an open breaker and the deadline."""
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, gateway)
    page.route("**/graphql", answer_operations)
    assert explorer.run() == {"data": {"providers": []}}

    panel = explorer.panel("Explain")
    dodo = panel.get_by_role("region", name="Dodo Payments").get_by_role("listitem")
    expect(dodo).to_have_text(
        [
            "GET /a503 \u00b7 800 mswaited 100 ms, connected in 200 ms, vendor 500 ms",
            "GET /aretry 1not sent \u00b7 400 mswaited 400 ms",
        ]
    )
    first = dodo.first
    assert share(first.locator(".waterfall-wait")) == (0.05, 0.05)
    assert share(first.locator(".waterfall-connect")) == (0.1, 0.1)
    assert share(first.locator(".waterfall-failed")) == (0.2, 0.25)
    axim = panel.get_by_role("region", name="Axim Commerce")
    expect(axim.get_by_role("heading")).to_have_text(
        "Axim Commercebreaker open: not called until a probe succeeds"
    )
    expect(axim.get_by_role("listitem")).to_have_text(
        [
            "2 answers from the cache, up to 1.5 s old",
            "GET /bstale, 61 s old",
            "GET /bshared \u00b7 20 ms",
            "GET /bshared, failed \u00b7 400 ms",
        ]
    )
    assert share(axim.locator(".waterfall-failed")) == (0.01, 0.2)
    expect(panel.locator(".waterfall-axis")).to_have_text("0 ms1 s elapsed, deadline 2 s")
    expect(panel.locator(".waterfall-deadline")).to_have_count(1)
    cells = [
        row.locator("th, td").all_text_contents()
        for row in panel.get_by_role("table").get_by_role("row").all()
    ]
    assert cells == [
        ["Cost", "Allowed", "Estimated", "Spent"],
        ["Vendor calls", "200", "5", "4"],
        ["Rows", "\u2013", "1,234", "\u2013"],
        ["Points", "100,000", "56,789", "56,790"],
        ["Points in a minute", "60,000", "\u2013", "\u2013"],
        [POINT],
    ]


def test_the_calls_stand_beside_those_of_a_generic_gateway(page: Page, gateway: str) -> None:
    """It would make one call for each list and each linked object of the result."""
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, gateway)
    providers = explorer.run()["data"]["providers"]
    collections = [one for each in providers for one in each["productCollections"]["nodes"]]
    groups = [one for each in collections for one in each["groups"]["nodes"]]
    generic = len(providers) + len(collections) + len(groups)
    calls = explorer.panel("Explain").locator(".explain-calls > p")
    expect(calls).to_have_text(re.compile(rf"^\d vendor calls instead of {generic}$"))
    assert generic == 23


def test_objects_by_id_and_their_lists_count_as_calls_of_a_generic_gateway(
    page: Page, gateway: str
) -> None:
    """One for each of two products, and one for the groups of each; fragments are followed."""
    page.set_viewport_size({"width": 1280, "height": 800})
    query = """query Q($ids: [ID!]!) { found: nodes(ids: $ids) { ...Groups } }
        fragment Groups on Product { name groups { name } }"""
    ids = [
        "WyJwIiwiRE9ETyIsInBkdF9aWmVEd3ZBV3IwTUVrbW16SmU2SloiXQ",
        "WyJwIiwiQVhJTSIsImRmNWY4NjJlNjZkMWFlNGY0YzA4MWM4MiJd",
    ]
    link = urlencode({"query": query, "variables": json.dumps({"ids": ids})})
    explorer = Explorer(page, f"{gateway}?{link}")
    page.route("**/graphql", answer_for_two_products)
    explorer.run()
    calls = explorer.panel("Explain").locator(".explain-calls > p")
    expect(calls).to_have_text("2 vendor calls instead of 4")


def answer_for_two_products(route: Route) -> None:
    """Answer the query with products in two groups each; the server answers what else is sent."""
    if "found" not in (route.request.post_data or ""):
        route.fallback()
        return
    product = {"name": "A", "groups": [{"name": "B"}, {"name": "C"}]}
    route.fulfill(json={**RESPONSE, "data": {"found": [product, product]}})


def test_errors_are_those_of_the_tab(page: Page, gateway: str) -> None:
    explorer = Explorer(page, f"{gateway}?query=query%20Q%7Bproviders%7Bnope%7D%7D")
    explorer.run()
    expect(explorer.panel("Errors")).to_be_visible()
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(explorer.panel("Errors")).to_have_count(0)


def test_the_plan_of_a_mutation_says_what_was_written(page: Page, gateway: str) -> None:
    """The result itself does not contain the explanation."""
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, gateway)
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert list(explorer.run()) == ["data"]
    plan = explorer.panel("Explain").get_by_role("region", name="Plan")
    expect(plan.get_by_role("heading")).to_have_text("Planeverything was written")
    write = "PUT /productGroup/2572\u20262856"
    expect(plan.get_by_role("listitem")).to_have_text([re.compile(f"^Applied .*{write}$")])
    calls = explorer.panel("Explain").get_by_role("region", name="Axim Commerce")
    expect(calls.get_by_text(write)).to_have_count(1)

    explorer.open_example("Dry run", operation="DryRun")
    explorer.run()
    expect(plan.get_by_role("heading")).to_have_text("Plandry run: nothing was written")
    expect(plan.get_by_role("listitem")).to_have_text([re.compile("^Planned ")] * 2)


def test_a_refused_request_is_explained(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, f"{gateway}?query=query%20Q%7Bproviders%7Bnope%7D%7D")
    explorer.run()
    expect(explorer.panel("Explain").locator(".is-error")).to_have_text(
        "GRAPHQL_VALIDATION_FAILED: the operation was refused, and no vendor was called."
    )
    errors = explorer.panel("Errors")
    expect(errors.get_by_role("listitem")).to_have_text(
        "Cannot query field 'nope' on type 'Provider'. Did you mean 'name'?Show in query"
    )


def test_a_failing_vendor_is_named_with_its_field_and_its_retries(
    page: Page, failing_gateway: str
) -> None:
    """The null has its reason, and the error leads to the field in the query."""
    page.set_viewport_size({"width": 1280, "height": 800})
    query = "query Q { provider(key: AXIM) { name products(first: 1) { nodes { name } } } }"
    with page.expect_response(lambda response: name_of(response.request) == "ExampleIds"):
        explorer = Explorer(page, f"{failing_gateway}?{urlencode({'query': query})}")
    response = explorer.run()
    assert response["data"] == {"provider": {"name": "Axim Commerce", "products": None}}
    note = page.locator(".result-reason")
    expect(note).to_have_text("Axim Commerce: UPSTREAM_UNAVAILABLE")
    expect(note).to_have_attribute("title", "Axim Commerce could not be reached.")
    error = explorer.panel("Errors").get_by_role("listitem")
    expect(error).to_have_text(
        "Axim Commerce provider.products: Axim Commerce could not be reached.Show in query"
    )
    error.get_by_role("button").click()
    expect(page.locator(".graphiql-query-editor .CodeMirror-focused")).to_be_visible()
    selected = page.get_by_role("region", name="Query Editor").locator(".CodeMirror")
    assert selected.evaluate("element => element.CodeMirror.getSelection()") == "products"
    calls = explorer.panel("Explain").get_by_role("region", name="Axim Commerce")
    expect(calls.get_by_role("listitem")).to_have_text(
        [
            re.compile("no response"),
            re.compile("retry 1no response"),
            re.compile("retry 2no response"),
        ]
    )


def test_the_result_contains_the_explanation_if_the_user_sends_the_header(
    page: Page, gateway: str
) -> None:
    explorer = Explorer(page, gateway)
    explorer.set_headers({"Groupgate-Explain": "1"})
    assert list(explorer.run()["extensions"]) == [
        "cost",
        "upstream",
        "timeline",
    ]


def test_the_panel_ignores_introspection_requests(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    docs = explorer.open_docs()
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
    expect(panel).to_contain_text("A point is the unit of cost")
    explorer.explain_tab.click()
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
