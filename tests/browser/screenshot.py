"""Write the README's picture of the explorer: `python -m tests.browser.screenshot`."""

import sys
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.explorer import Explorer
from tests.browser.processes import find_chromium, headless_chromium, sandbox_gateway

FILE = Path(__file__).parents[2] / ".github" / "explorer.png"
WIDTH, HEIGHT = 1280, 800


def main() -> None:
    """Run the catalogue example on the sandbox and save a screenshot with its explanation."""
    chromium_path = find_chromium()
    if chromium_path is None:
        sys.exit("Chromium is not installed.")
    with sandbox_gateway() as url, headless_chromium(chromium_path) as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        explorer = Explorer(page, url)
        explorer.run()
        expect(explorer.panel("Explain").locator(".waterfall")).to_be_visible()
        expect(page.locator(".result-window .CodeMirror-foldgutter-open").first).to_be_visible()
        FILE.parent.mkdir(exist_ok=True)
        page.screenshot(path=FILE, animations="disabled")
    sys.stdout.write(f"Wrote {FILE.name}: {FILE.stat().st_size // 1000} kB.\n")


if __name__ == "__main__":
    main()
