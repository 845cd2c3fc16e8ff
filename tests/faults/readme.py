"""Writes the table of faults into the README: `python -m tests.faults.readme`."""

import re
from pathlib import Path
from typing import Final

from tests.faults.table import DONE, ROWS, Got, Row

README: Final = Path(__file__).parents[2] / "README.md"

_PLACE: Final = re.compile(r"(?<=<!-- faults -->\n).*?(?=\n<!-- /faults -->)", re.DOTALL)
_NAMES: Final = {"AXIM": "Axim", "DODO": "Dodo", "TWO_CHECKOUT": "2Checkout"}
_HEAD: Final = """\
| fault | a read gets | a write gets | calls | held |
|---|---|---|---|---|"""


def render() -> str:
    """Write the table in Markdown."""
    return "\n".join([_HEAD, *map(_line, ROWS)])


def table_of(text: str) -> str:
    """Find the table in the text of the README."""
    found = _PLACE.search(text)
    return found[0].strip() if found else ""


def _line(row: Row) -> str:
    calls = f"{row.read.calls}, {row.write.calls}"
    held = "yes" if row.write.is_held else "no"
    read = "the answer" if row.read.code == DONE else _failure(row.read)
    return f"| {row.name} | {read} | {_write(row)} | {calls} | {held} |"


def _write(row: Row) -> str:
    others = [f"{_NAMES[key]}: {_failure(each)}" for key, each in row.exceptions.items()]
    return "; ".join([_failure(row.write), *others])


def _failure(got: Got) -> str:
    code = got.code.removeprefix("UPSTREAM_")
    return code if got.outcome is None else f"{code}, {got.outcome}"


if __name__ == "__main__":
    text = README.read_text(encoding="utf-8")
    README.write_text(_PLACE.sub(lambda _: f"\n{render()}\n", text), encoding="utf-8")
