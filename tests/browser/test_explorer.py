"""The explorer in a browser that can reach only this machine."""

import json
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Dialog, Page, Route, expect

import groupgate.app.graphiql
from tests.browser.explorer import Explorer, name_of

EXAMPLES = Path(groupgate.app.graphiql.__file__).parent / "scripts" / "examples"


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


def test_the_explorer_says_that_the_vendors_are_simulated(opened: Explorer) -> None:
    expect(opened.page.locator(".explorer-mode")).to_have_text("Sandbox: simulated vendors")


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


def test_the_panel_lists_every_example(opened: Explorer) -> None:
    sections = json.loads((EXAMPLES / "index.json").read_text("utf-8"))
    expect(opened.panel("Examples").get_by_role("button")).to_have_text(
        [
            example["title"] + example["description"]
            for section in sections
            for example in section["examples"]
        ]
    )


def test_the_docs_list_every_mutation(page: Page, gateway: str) -> None:
    docs = Explorer(page, gateway).open_docs()
    expect(docs.locator(".graphiql-doc-explorer-root-type")).to_have_text(["query", "mutation"])
    docs.get_by_role("link", name="Mutation").click()
    expect(docs.locator(".graphiql-doc-explorer-field-name")).to_have_count(14)


def test_the_history_lists_a_query_that_was_run(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.run()
    history = explorer.open_panel("History")
    expect(history.get_by_role("listitem")).to_contain_text(["Catalogue"])


def test_the_open_example_is_marked(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    marked = explorer.panel("Examples").locator("[aria-current=true]")
    expect(marked).to_have_text(["CatalogueCollections, groups and products of all vendors"])
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text("groupUpdate")


def test_an_empty_history_says_so(page: Page, gateway: str) -> None:
    explorer = Explorer(page, gateway)
    explorer.open_panel("History")
    text = page.locator(".graphiql-history").evaluate(
        "panel => getComputedStyle(panel, '::after').content"
    )
    assert text == '"No operations yet. Each operation that you run is listed here."'


def test_the_hint_stays_closed(page: Page, gateway: str) -> None:
    Explorer(page, gateway)
    hint = page.get_by_role("note")
    expect(hint).to_contain_text("New here?Run this query")
    hint.get_by_role("button", name="Close hint").click()
    expect(hint).to_have_count(0)
    Explorer(page, gateway)
    expect(hint).to_have_count(0)


def test_the_page_names_the_server_and_its_vendors(opened: Explorer, gateway: str) -> None:
    assert opened.page.title() == f"groupgate at {urlsplit(gateway).netloc}"
    expect(opened.page.locator(".explorer-vendors")).to_have_text(
        "Axim Commerce, Dodo Payments, 2Checkout"
    )


def test_the_badge_names_the_accounts_of_a_vendor(page: Page, gateway: str) -> None:
    accounts = [
        {"key": "DODO", "name": "Dodo Payments", "account": account} for account in ("eu", "us")
    ]
    axim = {"key": "AXIM", "name": "Axim Commerce", "account": "default"}
    body = {"data": {"providers": [axim, *accounts]}}
    page.route("**/graphql", lambda route: route.fulfill(json=body))
    Explorer(page, gateway)
    expect(page.locator(".explorer-vendors")).to_have_text("Axim Commerce, Dodo Payments (eu, us)")


DELETE = """mutation Delete($id: ID!) { groupDelete(id: $id) { userErrors { code } } }"""


def test_a_live_server_asks_once_before_mutations(page: Page, gateway: str) -> None:
    """Not before dry runs."""
    page.route("**/readyz", lambda route: route.fulfill(json={"mode": "live"}))
    questions: list[str] = []
    answers = iter([False, True])

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        dialog.accept() if next(answers) else dialog.dismiss()

    page.on("dialog", answer)
    variables = '{"id": "WyJnIiwiQVhJTSIsIngiXQ"}'
    link = f"{gateway}?{urlencode({'query': DELETE, 'variables': variables})}"
    explorer = Explorer(page, link)
    sent: list[str | None] = []
    page.on("request", lambda request: sent.append(name_of(request)))
    assert explorer.run() == {"errors": [{"message": "The mutation was not sent."}]}
    assert "Delete" not in sent
    for _ in range(2):
        explorer.run_button.click()
        expect(page.get_by_role("region", name="Result Window")).to_contain_text("NOT_FOUND")
    assert sent.count("Delete") == 2
    explorer.open_example("groupDelete", operation="DeleteGroup")
    assert "groupDelete" in explorer.run()["data"]
    assert questions == ["This server is live: the mutation changes real data. Send it?"] * 2


def test_on_a_server_with_real_vendors_examples_have_its_ids_and_change_nothing(
    page: Page, live_gateway: str
) -> None:
    page.route("**/graphql", rename_ids)
    explorer = Explorer(page, live_gateway)
    expect(explorer.panel("Examples")).to_contain_text("They use ids of this server.")
    explorer.open_example(
        "groupReorderProducts Dodo Payments, with", operation="MoveProductsInGroup"
    )
    variables = json.loads(explorer.text("Variables"))
    assert variables["id"].startswith("of-this-server-")
    (move,) = variables["moves"]
    assert move["id"].startswith("of-this-server-")
    assert "dryRun: true" in explorer.text("Query Editor")
    explorer.run()
    plan = explorer.panel("Explain").get_by_role("region", name="Plan")
    expect(plan.get_by_role("heading")).to_have_text("Planthe mutation was refused")
    page.unroute("**/graphql")

    explorer = Explorer(page, live_gateway)
    explorer.open_example("groupMoveProducts", operation="MoveProducts")
    comments = [line for line in explorer.text("Query Editor").splitlines() if line.startswith("#")]
    assert comments == [
        "# A dry run returns the plan and changes nothing. Remove `dryRun` to make the change.",
        "# Moves a product to the first position of another group.",
        "# If the product cannot be added there, the gateway restores it in the first group.",
    ]
    explorer.run()
    expect(plan.get_by_role("heading")).to_have_text("Plandry run: nothing was written")


def test_ids_of_the_server_are_found_when_the_page_opens(page: Page, live_gateway: str) -> None:
    """After the first query can be run, and once: opening examples asks for no more."""
    names: list[str | None] = []
    page.on("request", lambda request: names.append(name_of(request)))
    with page.expect_response(lambda response: name_of(response.request) == "ExampleIds"):
        explorer = Explorer(page, live_gateway)
    explorer.open_example("Pagination", operation="GroupPage")
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert json.loads(explorer.text("Variables"))["id"] is None  # Axim Commerce cannot be reached
    assert names.count("ExampleIds") == 1


def rename_ids(route: Route) -> None:
    """Answer as the server does, with other ids."""
    response = route.fetch()
    route.fulfill(response=response, body=response.text().replace('"Wy', '"of-this-server-'))


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
    expect(explorer.open_docs()).to_be_visible()
    for title in ("History", "Examples"):
        expect(explorer.open_panel(title)).to_be_visible()
    explorer.open_example("Product search", operation="Search")
    explorer.run()
    page.get_by_role("button", name="Open settings dialog").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert hosts == {urlsplit(gateway).netloc}
    assert errors == []
