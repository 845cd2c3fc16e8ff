"""Prints the tables of the comparison as Markdown."""
# ruff: noqa: T201 # the output is the result

import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.peers.load import Figures
from benchmarks.peers.subjects import Mode

Found = Mapping[tuple[str, str, str], Sequence[Figures]]
"""The figures of each round by mode, subject and query."""


def print_machine() -> None:
    """Print what the figures depend on."""
    model = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    commit = _output("git", "describe", "--always", "--dirty")
    cores = os.cpu_count()
    print(f"groupgate {commit}; Python {platform.python_version()}")
    print(f"Node.js {_output('node', '--version')}; {_output('wrk', '--version').split(' [')[0]}")
    print(f"{cores} cores: {model[1] if model else platform.processor()}; {platform.platform()}")


def _output(*command: str) -> str:
    done = subprocess.run(  # noqa: S603
        command, cwd=Path(__file__).parent, check=False, capture_output=True, text=True
    )
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def print_mode(mode: Mode, queries: Sequence[str], found: Found) -> None:
    """Print requests, CPU time and upstream calls of one mode, and groupgate's ratios."""
    shown = [query for query in queries if query in mode.queries]
    _print_row(f"{mode.title}: requests/s (CPU µs, upstream calls a request)", shown)
    _print_row("---", ["--:"] * len(shown))
    own, *others = (subject.name for subject in mode.subjects)
    for name in (own, *others):
        _print_row(name, [_cell(found[mode.name, name, query]) for query in shown])
    for name in others:
        pairs = ((found[mode.name, own, query], found[mode.name, name, query]) for query in shown)
        _print_row(f"{own} : {name}", [_ratio(*pair) for pair in pairs])
    if mode.name == "latency":
        for name in (own, *others):
            cells = (found[mode.name, name, query] for query in shown)
            _print_row(f"{name}: p50, p99 in ms", [_percentiles(each) for each in cells])
    print(flush=True)


def print_new_documents(known: Mode, new: Mode, queries: Sequence[str], found: Found) -> None:
    """Print the CPU time that a new document costs more than a known one."""
    shown = [query for query in queries if query in new.queries]
    _print_row("a new document costs more: CPU ms", shown)
    _print_row("---", ["--:"] * len(shown))
    for subject in new.subjects:
        cells = []
        for query in shown:
            pairs = zip(
                found[new.name, subject.name, query],
                found[known.name, subject.name, query],
                strict=True,
            )
            cells.append(f"{median(a.cpu - b.cpu for a, b in pairs) / 1000:.2f}")
        _print_row(subject.name, cells)
    print(flush=True)


def print_rows(title: str, columns: Sequence[str], rows: Mapping[str, Iterable[float]]) -> None:
    """Print a table of whole numbers."""
    _print_row(title, columns)
    _print_row("---", ["--:"] * len(columns))
    for name, values in rows.items():
        _print_row(name, [f"{value:,.0f}" for value in values])
    print(flush=True)


def _print_row(name: str, cells: Sequence[str]) -> None:
    print(f"| {name} |", " | ".join(cells), "|")


def _cell(figures: Sequence[Figures]) -> str:
    rate = median(each.rate for each in figures)
    cpu = median(each.cpu for each in figures)
    return f"{rate:,.0f} ({cpu:,.0f}, {median(each.calls for each in figures):.2f})"


def _percentiles(figures: Sequence[Figures]) -> str:
    middle = median(each.p50 for each in figures)
    return f"{middle:.1f}, {median(each.p99 for each in figures):.1f}"


def _ratio(own: Sequence[Figures], reference: Sequence[Figures]) -> str:
    """Return the medians over the rounds of the ratios by requests and by CPU time."""

    def middle(quotient: Callable[[Figures, Figures], float]) -> float:
        return median(quotient(*pair) for pair in zip(own, reference, strict=True))

    by_cpu = middle(lambda one, other: other.cpu / one.cpu)
    return f"{middle(lambda one, other: one.rate / other.rate):.2f} (CPU {by_cpu:.2f})"
