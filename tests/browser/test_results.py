"""Marks in the result: short ids with a button, and prices with their currency."""

import json

import pytest

pytest.importorskip("playwright", reason="Playwright is not installed.")

from playwright.sync_api import Page, expect

from tests.browser.explorer import Explorer


def test_ids_are_short_and_copied_whole(page: Page, gateway: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    explorer = Explorer(page, f"{gateway}?example=products")
    nodes = explorer.run()["data"]["nodes"]
    ids = page.locator(".result-window .short-id")
    expect(ids).to_have_count(len(nodes))
    whole = nodes[0]["id"]
    expect(ids.first).to_have_text(f"{whole[:5]}\u2026{whole[-6:]}copy")
    expect(ids.first).to_have_attribute("title", whole)
    ids.first.get_by_role("button", name="Copy id").click()
    expect(ids.first.get_by_text("copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == whole
    assert json.loads(explorer.text("Result Window"))["data"]["nodes"] == nodes


def test_ids_among_the_variables_are_short_until_they_are_edited(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    explorer = Explorer(page, f"{gateway}?example=products")
    whole = json.loads(explorer.text("Variables"))["ids"]
    ids = page.get_by_role("region", name="Variables").locator(".short-id")
    expect(ids).to_have_text([f"{each[:5]}\u2026{each[-6:]}" for each in whole])
    ids.first.click()
    expect(ids).to_have_count(len(whole) - 1)
    page.keyboard.insert_text("other")
    assert json.loads(explorer.text("Variables"))["ids"] == ["other", *whole[1:]]


def test_prices_are_shown_with_their_currency(page: Page, gateway: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 2000})  # only visible lines have marks
    explorer = Explorer(page, f"{gateway}?example=pricing-page")
    prices = [node["price"] for node in explorer.run()["data"]["group"]["products"]["nodes"]]
    assert {price["currencyCode"] for price in prices} == {"EUR"}
    expect(page.locator(".result-price")).to_have_text(
        [f"\u20ac{price['amount']}" for price in prices]
    )


def test_a_request_sent_at_once_has_the_name_of_the_new_operation(page: Page, gateway: str) -> None:
    """GraphiQL reads the name a moment after the text has changed."""
    explorer = Explorer(page, gateway)
    sent: list[dict[str, object]] = []
    page.on("request", lambda request: sent.append(json.loads(request.post_data or "{}")))
    page.get_by_role("region", name="Query Editor").locator(".CodeMirror").evaluate(
        """element => {
            element.CodeMirror.setValue("query Other { providers { key } }");
            document.querySelector(".graphiql-execute-button").click();
        }"""
    )
    expect(page.get_by_role("region", name="Result Window")).to_contain_text("AXIM")
    names = [one["operationName"] for one in sent if "query" in one]
    assert [name for name in names if name != "IntrospectionQuery"] == ["Other"]
    assert explorer.text("Result Window").startswith("{")
