"""The explorer of a gateway that requires a token."""

import json

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Page, expect

from tests.browser.explorer import Explorer


@pytest.fixture
def authorization(token: str) -> dict[str, str]:
    """Return the header that sends the token."""
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_the_page_shows_where_to_add_it(page: Page, guarded_gateway: str) -> None:
    explorer = Explorer(page, guarded_gateway)
    assert explorer.run() == {
        "errors": [
            {
                "message": "The request has no token; send Authorization: Bearer <token>.",
                "extensions": {"code": "UNAUTHENTICATED"},
            }
        ]
    }
    hint = 'Add your token to Headers, below the query: { "Authorization": "Bearer ..." }'
    expect(page.get_by_text(hint, exact=True)).to_be_visible()
    error = explorer.open_panel("Explain").locator(".is-error")
    expect(error).to_have_text("UNAUTHENTICATED: no vendor was called.")


def test_the_docs_load_after_the_first_request_with_a_token(
    page: Page, guarded_gateway: str, authorization: dict[str, str]
) -> None:
    """The introspection request was rejected when the page opened."""
    explorer = Explorer(page, guarded_gateway)
    explorer.set_headers(authorization)
    assert len(explorer.run()["data"]["providers"]) == 3
    docs = explorer.open_panel("Documentation Explorer")
    expect(docs.get_by_text("Root Types")).to_be_visible()


def test_a_new_tab_keeps_the_token_but_not_the_idempotency_key(
    page: Page, guarded_gateway: str, authorization: dict[str, str]
) -> None:
    explorer = Explorer(page, guarded_gateway)
    explorer.set_headers(authorization)
    explorer.open_example("Idempotency key", operation="CreateGroupOnce")
    assert json.loads(explorer.text("Headers")) == {
        **authorization,
        "Idempotency-Key": "example-1",
    }
    explorer.open_example("groupUpdate", operation="UpdateGroup")
    assert json.loads(explorer.text("Headers")) == authorization
    assert explorer.run()["data"]["groupUpdate"]["userErrors"] == []
