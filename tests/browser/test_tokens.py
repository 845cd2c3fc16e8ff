"""The explorer of a gateway that requires a token."""

import json

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.explorer import Explorer


@pytest.fixture
def authorization(token: str) -> dict[str, str]:
    """Return the header that sends the token."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def form(page: Page, guarded_gateway: str) -> Locator:
    """Open the page, which asks for a token first."""
    page.goto(guarded_gateway)
    form = page.locator("form")
    expect(form).to_contain_text("This server requires a token.")
    expect(form).to_contain_text("groupgate token NAME read")
    expect(page.get_by_role("textbox", name="Token")).to_be_focused()
    return form


def enter(form: Locator, token: str) -> None:
    form.get_by_label("Token", exact=True).fill(token)
    form.get_by_role("button", name="Open the explorer").click()


def test_the_form_says_that_a_token_is_not_accepted(page: Page, form: Locator) -> None:
    enter(form, "groupgate_wrong")
    expect(page.get_by_role("alert")).to_have_text("The server does not accept this token.")
    assert page.evaluate("sessionStorage.length") == 0


def test_the_token_is_sent_from_every_tab_and_the_docs_load(
    page: Page, form: Locator, guarded_gateway: str, token: str
) -> None:
    """And after a reload, but it is in no header editor, no link and no lasting storage."""
    enter(form, token)
    expect(page.locator(".explorer-vendors")).to_have_text(
        "Axim Commerce, Dodo Payments, 2Checkout"
    )
    explorer = Explorer(page, guarded_gateway)
    assert len(explorer.run()["data"]["providers"]) == 3
    page.get_by_role("button", name="New tab").click()
    page.get_by_role("region", name="Query Editor").locator(".CodeMirror").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text("query Other { providers { key } }")
    expect(explorer.tab_titles).to_have_text(["Catalogue", "Other"])
    assert len(explorer.run()["data"]["providers"]) == 3
    assert explorer.text("Headers") == ""
    docs = explorer.open_docs()
    expect(docs.get_by_text("Root Types")).to_be_visible()
    assert token not in page.evaluate("JSON.stringify(localStorage)")


def test_a_token_is_accepted_although_an_early_request_had_none(
    page: Page, guarded_gateway: str, token: str
) -> None:
    """The script that asks for the vendors first may be loaded last."""
    held: list[Route] = []

    def hold(route: Route) -> None:  # Playwright does not accept methods of lists
        held.append(route)

    page.route("**/start-*.js", hold)
    page.goto(guarded_gateway, wait_until="commit")
    expect(page.get_by_text("This server requires a token.")).to_be_visible()
    with page.expect_response("**/graphql") as early:
        held[0].continue_()
    assert early.value.status == 401
    enter(page.locator("form"), token)
    assert len(Explorer(page).run()["data"]["providers"]) == 3


def test_changing_the_token_shows_the_form_again(page: Page, form: Locator, token: str) -> None:
    enter(form, f"Bearer {token}")
    page.get_by_role("button", name="Change token").click()
    expect(page.get_by_text("This server requires a token.")).to_be_visible()
    assert page.evaluate("Object.keys(sessionStorage)") == ["graphiql:tabState"]
    assert token not in page.evaluate("JSON.stringify(sessionStorage)")


@pytest.fixture
def explorer(page: Page, form: Locator) -> Explorer:
    """Open the explorer without a token."""
    form.get_by_role("button", name="Continue without a token").click()
    return Explorer(page)


def test_without_a_token_the_page_says_what_to_do(page: Page, explorer: Explorer) -> None:
    assert explorer.run() == {
        "errors": [
            {
                "message": "The request has no token; send Authorization: Bearer <token>.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }
    expect(page.get_by_role("alert")).to_have_text(
        "The request has no token; send Authorization: Bearer <token>. Enter a token"
    )
    expect(explorer.panel("Errors")).to_have_count(0)
    error = explorer.explain().locator(".is-error")
    expect(error).to_have_text(
        "UNAUTHENTICATED: the operation was refused, and no vendor was called."
    )
    page.get_by_role("button", name="Enter a token").click()
    expect(page.get_by_text("This server requires a token.")).to_be_visible()


def test_the_docs_load_after_the_first_request_with_a_token_in_the_headers(
    explorer: Explorer, authorization: dict[str, str]
) -> None:
    """The introspection request was rejected when the page opened."""
    explorer.set_headers(authorization)
    assert len(explorer.run()["data"]["providers"]) == 3
    docs = explorer.open_docs()
    expect(docs.get_by_text("Root Types")).to_be_visible()


def test_a_new_tab_keeps_the_token_but_not_the_idempotency_key(
    explorer: Explorer, authorization: dict[str, str]
) -> None:
    explorer.set_headers(authorization)
    explorer.open_example("Idempotency key", operation="CreateGroupOnce")
    assert json.loads(explorer.text("Headers")) == {
        **authorization,
        "Idempotency-Key": "example-1",
    }
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert json.loads(explorer.text("Headers")) == authorization
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []
