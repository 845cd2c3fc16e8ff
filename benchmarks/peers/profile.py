"""Prints where groupgate spends its CPU time in one mode, as own time by package and by function.

`python -m benchmarks.peers.profile --mode cold --query Q1 [--seconds 10] [--top 15]`
"""
# ruff: noqa: T201 # the output is the result

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.peers.__main__ import Comparison
from benchmarks.peers.data import WORKS
from benchmarks.peers.sampled import START_SIGNAL
from benchmarks.peers.subjects import MODES

_PACKAGE: Final = re.compile(
    r"(?:site-packages|src)/([^/]+)|lib/python[\d.]+/(?!site-packages)([^/]+)"
)
_WORKS: Final = {work.name: work for work in WORKS}

Row = tuple[str, str, int]
"""The file of a function, its name with its line, and its samples."""


def main() -> None:
    """Run groupgate with the profiler under load, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=[mode.name for mode in MODES], default="cold")
    parser.add_argument("--query", choices=_WORKS, default="Q1")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--top", type=int, default=15, help="functions to print")
    options = parser.parse_args()
    mode = next(mode for mode in MODES if mode.name == options.mode)
    with TemporaryDirectory() as folder:
        output = Path(folder, "profile.json")
        original = mode.subjects[0]
        subject = replace(
            original,
            command=(
                sys.executable,
                *("-m", "benchmarks.peers.sampled", "serve", "--port", "{port}"),
            ),
            environment={**original.environment, "PROFILE_OUTPUT": str(output)},
        )
        with ExitStack() as stack:
            comparison = Comparison(stack, Path(folder))
            work = _WORKS[options.query]
            comparison.measure(mode, subject, work, 1)
            os.kill(comparison.server(subject, work).pid, START_SIGNAL)
            figures = comparison.measure(mode, subject, work, options.seconds)
        rows: list[Row] = [tuple(row) for row in json.loads(output.read_text(encoding="utf-8"))]
    print(f"{mode.title}, {options.query}: {figures.cpu:,.0f} CPU µs a request with the profiler")
    print_shares(rows, options.top)


def print_shares(rows: Iterable[Row], top: int) -> None:
    """Print the share of samples of each package, and of the first functions."""
    rows = list(rows)
    total = sum(number for _, _, number in rows)
    packages: Counter[str] = Counter()
    functions: Counter[tuple[str, str]] = Counter()
    for file, function, number in rows:
        packages[_package(file)] += number
        functions[_package(file), f"{_short(file)} {function}"] += number
    print(f"{total:,} samples\n\n| package | own time |\n| --- | --: |")
    for package, number in packages.most_common(top):
        print(f"| {package} | {number / total:.1%} |")
    print("\n| function | package | own time |\n| --- | --- | --: |")
    for (package, function), number in functions.most_common(top):
        print(f"| `{function}` | {package} | {number / total:.1%} |")


def _package(file: str) -> str:
    if file.startswith("<"):
        return f"generated ({file.strip('<>').split()[0]})"
    found = _PACKAGE.findall(file)
    names = found[-1] if found else ("", "other")
    return (names[0] or names[1]).removesuffix(".py")


def _short(file: str) -> str:
    return "/".join(Path(file).parts[-2:])


if __name__ == "__main__":
    main()
