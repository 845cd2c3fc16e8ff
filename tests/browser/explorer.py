"""The explorer's page, as the browser tests and the screenshot script use it."""

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, Request, expect

expect.set_options(timeout=20_000)  # the default of 5 s is too short for a busy machine


def name_of(request: Request) -> str | None:
    """Return the name of the operation that a request of the page sends, if it has one."""
    body = json.loads(request.post_data or "{}")
    name: str | None = body.get("operationName")
    return name


class Explorer:
    """An open explorer page. Every method waits until its effect is visible."""

    def __init__(self, page: Page, url: str | None = None) -> None:
        """Open the page, unless it is open, and wait for its first query."""
        self.page = page
        self.tab_titles = page.locator(".graphiql-tab-button")
        self.run_button = page.get_by_role("button", name="Run (Ctrl-Enter)")
        self.explain_tab = page.locator(".explain-tab")
        if url:
            page.goto(url, wait_until="commit")
        # Unlike `expect`, which checks again after up to a second, this returns at once.
        self._editor("Query Editor").locator(".cm-keyword").first.wait_for()

    def open_panel(self, title: str) -> Locator:
        """Open the panel with this title and return it."""
        self.page.get_by_role("button", name=f"Show {title}").click()
        return self.panel(title)

    def open_docs(self) -> Locator:
        """Open the documentation of the schema and return its panel."""
        self.page.get_by_role("button", name="Show Docs").click()
        return self.panel("Documentation Explorer")

    def explain(self) -> Locator:
        """Open the tab Explain, if it is closed, and return its panel."""
        if self.explain_tab.get_attribute("aria-expanded") == "false":
            self.explain_tab.click()
        return self.panel("Explain")

    def panel(self, title: str) -> Locator:
        """Return the panel with this title, which is open."""
        return self.page.get_by_role("region", name=title)

    def open_example(self, title: str, *, operation: str) -> None:
        """Open an example and wait until its tab, named after its operation, is selected."""
        starts_with_title = re.compile(f"^{re.escape(title)}")
        self.panel("Examples").get_by_role("button", name=starts_with_title).click()
        expect(self.page.locator(".graphiql-tab-button[aria-current]")).to_have_text(operation)

    def run(self) -> dict[str, Any]:
        """Run the operation of a tab that has no response yet; return the response it shows."""
        self.run_button.click()
        self._editor("Result Window").locator(".cm-property").first.wait_for()
        response: dict[str, Any] = json.loads(self.text("Result Window"))
        return response

    def show_headers(self) -> None:
        """Show the headers editor instead of the variables editor."""
        self.page.get_by_role("button", name="Headers", exact=True).click()

    def set_headers(self, headers: dict[str, str]) -> None:
        """Replace the text of the headers editor."""
        self.show_headers()
        self.replace_text("Headers", json.dumps(headers))

    def replace_text(self, editor: str, text: str) -> None:
        """Replace the text of a visible editor, as a user who pastes does."""
        self._editor(editor).click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(text)

    def wait_until_stored(self, key: str, text: str) -> None:
        """Wait until this key of the local storage has the text; GraphiQL stores after a pause."""
        for _ in range(100):
            if text in (self.page.evaluate("key => localStorage.getItem(key)", key) or ""):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{key} does not have {text!r}.")

    def text(self, editor: str) -> str:
        """Return the whole text of an editor; only its visible lines are elements of the page."""
        if editor in {"Variables", "Headers"}:
            self.page.get_by_role("button", name=editor, exact=True).click()
        text: str = self._editor(editor).evaluate("element => element.CodeMirror.getValue()")
        return text

    def _editor(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name).locator(".CodeMirror:visible")
