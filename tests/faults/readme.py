"""Write the fault table into the README: `python -m tests.faults.readme`."""

import re
from pathlib import Path
from typing import Final

from tests.faults.table import DONE, ROWS, Expected, Row

README: Final = Path(__file__).parents[2] / "README.md"

_TABLE: Final = re.compile(r"(?<=<!-- faults -->\n).*?(?=\n<!-- /faults -->)", re.DOTALL)
_NAMES: Final = {"AXIM": "Axim", "DODO": "Dodo", "TWO_CHECKOUT": "2Checkout"}
_HEAD: Final = """\
| fault | a read gets | a write gets | calls | held |
|---|---|---|---|---|"""


def render() -> str:
    """Return the table as Markdown."""
    return "\n".join([_HEAD, *map(_line, ROWS)])


def table_of(text: str) -> str:
    """Return the table that the README's text has, or nothing."""
    found = _TABLE.search(text)
    return found[0].strip() if found else ""


def _line(row: Row) -> str:
    calls = f"{row.read.calls}, {row.write.calls}"
    held = "yes" if row.write.is_held else "no"
    read = "the data" if row.read.code == DONE else _failure(row.read)
    return f"| {row.name} | {read} | {_write(row)} | {calls} | {held} |"


def _write(row: Row) -> str:
    usual = _failure(row.write)
    exceptions = {_NAMES[key]: _failure(each) for key, each in row.exceptions.items()}
    others = [f"{name}: {failure}" for name, failure in exceptions.items() if failure != usual]
    return "; ".join([usual, *others])


def _failure(expected: Expected) -> str:
    code = expected.code.removeprefix("UPSTREAM_")
    return code if expected.outcome is None else f"{code}, {expected.outcome}"


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(_TABLE.sub(lambda _: f"\n{render()}\n", text), encoding="utf-8")
