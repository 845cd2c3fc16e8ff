"""The explorer's page as its tests see it: what they click, and what they read."""

import json
from typing import Any

from tests.browser.webdriver import Browser

TOKEN = "groupgate_for-the-tests-of-the-explorer-only"

RUN = ".graphiql-execute-button"
TAB = ".graphiql-tab-button"
RESULT = ".result-window .cm-property"
SETTINGS = ".graphiql-sidebar [data-value=settings]"
HEADERS = ".graphiql-editor-tools [data-name=headers]"
HINT = ".graphiql-footer p"

# CodeMirror puts only the visible lines on the page; the editor itself knows the rest.
_EDITORS = {
    "query": ".graphiql-query-editor .CodeMirror",
    "variables": ".graphiql-editor-tool .graphiql-editor:nth-of-type(1) .CodeMirror",
    "headers": ".graphiql-editor-tool .graphiql-editor:nth-of-type(2) .CodeMirror",
    "result": ".result-window .CodeMirror",
}


def panel(title: str) -> str:
    """Where the panel of this title is, once it is open."""
    return f".graphiql-plugin [aria-label={title}]"


def opener(title: str) -> str:
    """What opens the panel of this title."""
    return f".graphiql-sidebar [aria-label='Show {title}']"


def open_page(browser: Browser, address: str) -> None:
    """Open the explorer and wait for its editor, and until nothing moves any more."""
    browser.open(address)
    browser.find(".graphiql-query-editor .cm-keyword")
    browser.run("return new Promise(done => requestIdleCallback(() => done(null)))")


def open_example(browser: Browser, title: str, operation: str) -> None:
    """Open an example from the panel, and wait for the tab named after its operation.

    A button that moves may be missed by the mouse, as by anyone's, and is pressed again then.
    """
    tab = f".graphiql-tab-active {TAB}[title={operation}]"
    browser.press(title)
    if not browser.has(tab):
        browser.press(title)
    browser.find(tab)


def run(browser: Browser) -> dict[str, Any]:
    """Run what is in the open tab, which has no result yet, and return what is shown."""
    browser.click(RUN)
    browser.find(RESULT)
    shown: dict[str, Any] = json.loads(text(browser, "result"))
    return shown


def text(browser: Browser, editor: str) -> str:
    """Return all that is in this editor."""
    found: str = browser.run(f"return {_editor(editor)}.getValue()")
    return found


def write(browser: Browser, editor: str, value: object) -> None:
    """Put JSON into this editor."""
    browser.run(f"{_editor(editor)}.setValue({json.dumps(json.dumps(value))})")


def tabs(browser: Browser) -> list[str]:
    """Return the titles of the tabs."""
    titles: list[str] = browser.run(
        f"return [...document.querySelectorAll('{TAB}')].map(tab => tab.textContent)"
    )
    return titles


def tables(browser: Browser) -> list[list[list[str]]]:
    """Return the tables of the open panel: rows of cells, the caption being the first row."""
    found: list[list[list[str]]] = browser.run(
        """
        const texts = nodes => [...nodes].map(node => node.textContent);
        return [...document.querySelectorAll('.panel table')].map(table => [
          [table.caption.firstChild.textContent],
          ...[...table.rows].map(row => texts(row.cells)),
        ]);
        """
    )
    return found


def _editor(name: str) -> str:
    return f"document.querySelector('{_EDITORS[name]}').CodeMirror"
