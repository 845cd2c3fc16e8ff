"""Measure the size of files and functions: `python -m benchmarks.code_size [FOLDER]`.

The folder is a package, by default the installed `groupgate`. The figures are printed for the
product without the simulators in `sandbox`, and for both. Files that have only a docstring are left
out. Lengths are numbers of lines, including blank lines, comments and docstrings. A nested function
counts by itself and as a part of the function around it. `--list` prints what exceeds a limit, and
the longest import chain.
"""
# ruff: noqa: T201 # it prints

import argparse
import ast
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from statistics import median, quantiles
from typing import Final

import groupgate

MAX_FILE: Final = 350
MAX_FUNCTION: Final = 50
SMALL_FILE: Final = 45
"""A file of at most this length with one definition may be merged with another one."""
SIMULATORS: Final = "sandbox"
CHAINED: Final = "upstream"
"""The subpackage whose import chains are measured."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main(root: Path, *, is_listed: bool) -> None:
    """Print the figures of a package."""
    files = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(_files(root))}
    product = {path: tree for path, tree in files.items() if root / SIMULATORS not in path.parents}
    print("without simulators")
    report(root, product, is_listed=is_listed)
    print("with simulators")
    report(root, files, is_listed=is_listed)
    chain = longest_chain(imports_within(root / CHAINED, files))
    print(f"levels of imports in {CHAINED}: {len(chain)}")
    if is_listed:
        print(*(f"  {module}" for module in chain), sep="\n")


def report(root: Path, files: Mapping[Path, ast.Module], *, is_listed: bool) -> None:
    """Print the lengths of files and of their functions."""
    lengths = {str(path.relative_to(root)): _line_count(path) for path in files}
    functions = {
        f"{path.relative_to(root)}:{function.lineno} {function.name}": _length(function)
        for path, tree in files.items()
        for function in _functions(tree)
    }
    small = [path for path, tree in files.items() if _is_small(path, tree)]
    _print_lengths("files", lengths, MAX_FILE, is_listed=is_listed)
    _print_lengths("functions", functions, MAX_FUNCTION, is_listed=is_listed)
    print(f"  files with one definition in at most {SMALL_FILE} lines: {len(small)}")


def imports_within(
    folder: Path, trees: Mapping[Path, ast.Module]
) -> Mapping[str, AbstractSet[str]]:
    """Return by module of a subpackage the modules of the subpackage that it imports.

    Imports inside functions and for type checkers only do not count.
    """
    root = folder.parent.parent
    modules = {_module(path, root): tree for path, tree in trees.items() if folder in path.parents}
    return {
        module: {name for name in _imported(tree) if name in modules and name != module}
        for module, tree in modules.items()
    }


def longest_chain(imports: Mapping[str, AbstractSet[str]]) -> Sequence[str]:
    """Return the longest chain in which each module imports the next one."""
    chains: dict[str, list[str]] = {}

    def chain_from(module: str) -> list[str]:
        if module not in chains:
            below = [chain_from(each) for each in sorted(imports[module])]
            chains[module] = [module, *max(below, key=len, default=[])]
        return chains[module]

    return max((chain_from(module) for module in imports), key=len, default=[])


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*.py") if _line_count(path) > 1)


def _line_count(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_small(path: Path, tree: ast.Module) -> bool:
    definitions = [node for node in tree.body if isinstance(node, Function | ast.ClassDef)]
    return len(definitions) == 1 and _line_count(path) <= SMALL_FILE


def _module(path: Path, root: Path) -> str:
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    return name.removesuffix(".__init__")


def _imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full names that a module imports; they name modules or their contents."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _print_lengths(name: str, lengths: Mapping[str, int], limit: int, *, is_listed: bool) -> None:
    values = list(lengths.values())
    over = {key: length for key, length in lengths.items() if length > limit}
    p95 = quantiles(values, n=20, method="inclusive")[-1]
    print(
        f"  {name}: {len(values)}, median {median(values):g} lines, p95 {p95:g}, "
        f"longest {max(values)}, over {limit} lines: {len(over)}"
    )
    if is_listed:
        for key, length in sorted(over.items(), key=lambda item: -item[1]):
            print(f"    {key}: {length}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(groupgate.__file__).parent)
    parser.add_argument("--list", action="store_true", help="print what exceeds a limit")
    options = parser.parse_args()
    main(options.folder.resolve(), is_listed=options.list)
