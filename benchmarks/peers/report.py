"""Prints the tables of the comparison as Markdown."""
# ruff: noqa: T201 # the output is the result

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from benchmarks.peers.load import Figures
from benchmarks.peers.subjects import Mode

Found = Mapping[tuple[str, str, str], Sequence[Figures]]
"""The figures of each round by mode, subject and query."""


def print_mode(mode: Mode, queries: Sequence[str], found: Found) -> None:
    """Print requests, CPU time and ratios to the reference of one mode."""
    shown = [query for query in queries if query in mode.queries]
    _print_row(f"{mode.title}: requests/s (CPU µs a request)", shown)
    _print_row("---", ["--:"] * len(shown))
    names = [subject.name for subject in mode.subjects]
    for name in names:
        cells = (found[mode.name, name, query] for query in shown)
        _print_row(name, [f"{_rate(each):,.0f} ({_cpu(each):,.0f})" for each in cells])
    for name in names:
        if name != mode.reference:
            pairs = (
                (found[mode.name, name, query], found[mode.name, mode.reference, query])
                for query in shown
            )
            _print_row(f"{name} : {mode.reference}", [_ratio(*pair) for pair in pairs])
    cells = (found[mode.name, names[0], query] for query in shown)
    calls = [f"{median(each.calls for each in figures):.2f}" for figures in cells]
    _print_row(f"{names[0]}: upstream calls a request", calls)
    if mode.name == "latency":
        for name in names:
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


def _rate(figures: Sequence[Figures]) -> float:
    return median(each.rate for each in figures)


def _cpu(figures: Sequence[Figures]) -> float:
    return median(each.cpu for each in figures)


def _percentiles(figures: Sequence[Figures]) -> str:
    middle = median(each.p50 for each in figures)
    return f"{middle:.1f}, {median(each.p99 for each in figures):.1f}"


def _ratio(own: Sequence[Figures], reference: Sequence[Figures]) -> str:
    """Return the medians over the rounds of the ratios by requests and by CPU time."""

    def middle(quotient: Callable[[Figures, Figures], float]) -> float:
        return median(quotient(*pair) for pair in zip(own, reference, strict=True))

    by_cpu = middle(lambda one, other: other.cpu / one.cpu)
    return f"{middle(lambda one, other: one.rate / other.rate):.2f} (CPU {by_cpu:.2f})"
