"""Measures how long the largest documents within the limits take to parse, check and validate.

Each kind of document repeats one construct as often as the limits allow. Pairs of kinds share the
limits. The time is CPU time, the median of some runs.
"""
# ruff: noqa: T201 # it prints

import argparse
import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any, Final

from graphql import GraphQLError

from groupgate.app.protocol.documents import TOKENS_PER_POINT
from groupgate.schema.build import build_schema
from groupgate.schema.guardrails import (
    DocumentLimits,
    Validator,
    check_document,
    check_text,
    parse_document,
)

LIMITS: Final = DocumentLimits()
RUNS: Final = 7
MAX_MILLISECONDS: Final = 20
RUNS_OF_PAIRS: Final = 3
SHOWN_PAIRS: Final = 15

_SCHEMA: Final = build_schema()._schema  # noqa: SLF001 # strawberry has no public access to it
_VALIDATOR: Final = Validator(_SCHEMA, LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a document."""

    variables: str = ""
    selections: str = "__typename "
    after: str = ""
    """Fragments, and further operations."""

    @property
    def text(self) -> str:
        """The whole document."""
        variables = f"({self.variables})" if self.variables else ""
        return f"query A{variables}{{{self.selections}}}{self.after}"

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(
            variables=self.variables + other.variables,
            selections=f"{self.selections}\n{other.selections}",
            after=self.after + other.after,
        )


Kind = Callable[[int], Parts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How far a document got, and how long that took."""

    name: str
    text: str
    tokens: int
    outcome: str
    milliseconds: float

    def row(self) -> str:
        """Return a row of the table."""
        points = 1 + self.tokens // TOKENS_PER_POINT
        return (
            f"| {self.name} | {len(self.text):,} | {self.tokens:,} | {self.outcome} "
            f"| {points} | {self.milliseconds:.1f} |"
        )


def main() -> None:
    """Print the table of all kinds, and the slowest pairs of kinds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", action="store_true", help="measure all pairs of kinds too")
    arguments = parser.parse_args()
    gc.collect()
    gc.freeze()  # as `groupgate serve` does
    print("| document | characters | tokens | outcome | points | ms |")
    print("| --- | --: | --: | --- | --: | --: |")
    found = [measure(name, kind(largest(kind)).text) for name, kind in KINDS.items()]
    for each in found:
        print(each.row())
    if arguments.pairs:
        pairs = sorted(measure_pairs(), key=lambda pair: -pair.milliseconds)
        for pair in pairs[:SHOWN_PAIRS]:
            print(pair.row())
        found += pairs
    slowest = max(each.milliseconds for each in found)
    print(f"\n{len(found)} documents; {slowest:.1f} ms at most, {MAX_MILLISECONDS} are allowed.")


def measure(name: str, text: str, runs: int = RUNS) -> Measured:
    """Parse, check and validate a document several times."""
    outcomes = [timed(text) for _ in range(runs)]
    return Measured(
        name=name,
        text=text,
        tokens=check_text(text, LIMITS),
        outcome=outcomes[0][0],
        milliseconds=median(seconds for _, seconds in outcomes) * 1_000,
    )


def timed(text: str) -> tuple[str, float]:
    """Return the outcome and the seconds of one run."""
    begun = time.thread_time()
    check_text(text, LIMITS)
    document = parse_document(text)
    errors = check_document(_SCHEMA, document, LIMITS) or _VALIDATOR.validate(document)
    formatted = [error.formatted for error in errors]
    return _outcome(formatted), time.thread_time() - begun


def _outcome(errors: Sequence[Mapping[str, Any]]) -> str:
    """Return the limit that was exceeded, or if the document is valid."""
    limits = [str(error["extensions"]["limit"]) for error in errors if "extensions" in error]
    return ", ".join(limits) or ("invalid" if errors else "valid")


def fits(text: str) -> bool:
    """Return True if the document is within every limit that is checked before validation."""
    try:
        check_text(text, LIMITS)
    except GraphQLError:
        return False
    return not check_document(_SCHEMA, parse_document(text), LIMITS)


def largest(kind: Kind) -> int:
    """Return the largest size at which the document fits."""
    low, high = 0, 1
    while high < LIMITS.characters and fits(kind(high).text):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(kind(middle).text) else (low, middle)
    return low


def measure_pairs() -> Iterator[Measured]:
    """Measure each pair of kinds, both half as large as they may be alone."""
    sizes = {name: largest(kind) // 2 for name, kind in KINDS.items()}
    for (name, kind), (other_name, other) in combinations(KINDS.items(), 2):
        first, size = kind(sizes[name]), sizes[other_name]
        while size and not fits((first + other(size)).text):
            size = 9 * size // 10
        yield measure(f"{name}; {other_name}", (first + other(size)).text, RUNS_OF_PAIRS)


def _repeated(pattern: str) -> Kind:
    """Return documents that repeat a selection; `#` in it is replaced by a number."""
    return lambda size: Parts(selections=_numbered(pattern, size))


def _in_list(item: str, field: str = "l:nodes(ids:[#]){id}") -> Kind:
    """Return documents that repeat an item in the place of `#` in a selection."""
    return lambda size: Parts(selections=field.replace("#", _numbered(item, size)))


def _variables(definition: str, use: str = "") -> Kind:
    """Return documents that repeat the definition of a variable, and its use."""
    return lambda size: Parts(
        variables=_numbered(definition, size),
        selections=f"v:nodes(ids:[{_numbered(use, size)}]){{id}}" if use else "__typename ",
    )


def _fragments(spread: str, definition: str) -> Kind:
    """Return documents that repeat a spread and the definition of its fragment."""
    return lambda size: Parts(
        selections=f"__typename {_numbered(spread, size)}", after=_numbered(definition, size)
    )


def _chain(prefix: str, selections: str) -> Kind:
    """Return documents with fragments that each spread the next one."""
    link = "fragment {0}{1} on Query{{...{0}{2} {3}}}"

    def parts(size: int) -> Parts:
        links = [link.format(prefix, i, i + 1, selections) for i in range(size)]
        last = f"fragment {prefix}{size} on Query{{__typename}}"
        return Parts(selections=f"...{prefix}0 ", after="".join([*links, last]))

    return parts


def _merged_fragments(uses: int) -> Kind:
    """Return documents with fragments that each select the same fields."""
    return _fragments("...M# ", f"fragment M# on Query{{{'__typename ' * uses}}}")


def _operations(count: int, item: str, definition: str = "") -> Kind:
    """Return documents with operations that share a fragment, in which an item is repeated."""

    def parts(size: int) -> Parts:
        operations = "".join(f"query S{i}{definition}{{...S}}" for i in range(count))
        fragment = f"fragment S on Query{{s:nodes(ids:[{item * size}]){{id}}}}"
        return Parts(selections="x:__typename ", after=operations + fragment)

    return parts


def _operations_with_chains(size: int) -> Parts:
    operations = "".join(f"query C{i}{{...C{i}}}" for i in range(19))
    return _chain("C", "__typename")(19 + size) + Parts(after=operations)


def _numbered(pattern: str, count: int) -> str:
    return "".join(pattern.replace("#", str(i)) for i in range(count))


_LONG: Final = "x" * 58
_GROUP: Final = '{group(id:"x"){name description revision collection{name} products{nodes{name}}}}'

KINDS: Final[Mapping[str, Kind]] = {
    "one field": _repeated("__typename "),
    "one field with selections": _repeated("providers{status{state}}"),
    "one field with many selections": _repeated(f"...{_GROUP}"),
    "one field with arguments": _repeated('node(id:"x"){id} '),
    "one field with a variable": lambda size: Parts(
        variables="$n:ID!", selections="node(id:$n){id} " * size
    ),
    "fields of two types": lambda size: Parts(
        selections='y:node(id:"y"){'
        + "...on Group{x:description}...on Product{x:name}" * size
        + "}"
    ),
    "fields of one type in two forms": _repeated(
        'node(id:"x"){...on Group{products(first:1){nodes{id}}}}'
        'node(id:"x"){...on Group{products(first: 1 ){nodes{id}}}}'
    ),
    "fields with arguments in two forms": _repeated("nodes(ids:[1 2]){id} nodes(ids:[1,2]){id}"),
    "aliases": _repeated("a#:__typename "),
    "aliases with arguments": _repeated("a#:provider(key:DODO){supports(capability:GROUP_CREATE)}"),
    "inline fragments": _repeated("...{i:__typename}"),
    "inline fragments with types": _repeated("...on Query{t:__typename}"),
    "nested inline fragments": _repeated("...{" * 60 + "__typename" + "}" * 60),
    "directives": _repeated("...@skip(if:true){d:__typename}"),
    "deep fields": _repeated(
        'group(id:"x"){' + "collection{provider{productCollections{nodes{" * 4 + "id" + "}" * 17
    ),
    "ids": _in_list('"x" '),
    "long ids": _in_list(f'"{_LONG}" '),
    "numbers": _in_list("1 "),
    "nested lists": _repeated("node(id:" + "[" * 60 + "]" * 60 + "){id} "),
    "fields of an input object": _in_list("i#:1 ", "o:node(id:{#}){id}"),
    "input objects": _in_list('{name:"x"} '),
    "variables": _variables("$v#:ID! ", "$v# "),
    "variables with defaults": _variables('$d#:ID="x" ', "$d# "),
    "variables without use": _variables("$u#:ID "),
    "variables with list types": _variables("$t#:" + "[" * 20 + "ID" + "]" * 20, "$t# "),
    "variables of unknown types": _variables("$k#:Provide "),
    "uses of one variable": lambda size: Parts(
        variables="$o:ID!", selections=f"o:nodes(ids:[{'$o ' * size}]){{id}}"
    ),
    "uses of an unknown variable": _in_list("$z "),
    "fragments": _fragments("...F# ", "fragment F# on Query{__typename}"),
    "fragments without use": _fragments("", "fragment U# on Query{__typename}"),
    "fragments with aliases": _fragments("...G# ", "fragment G# on Query{g#:__typename}"),
    "fragments with five fields": _merged_fragments(5),
    "fragments with twenty fields": _merged_fragments(20),
    "spreads of one fragment": lambda size: Parts(
        selections="...R " * size, after="fragment R on Query{__typename}"
    ),
    "chain of fragments": _chain("C", ""),
    "chain of fragments with fields": _chain("D", "__typename"),
    "chain of fragments with selections": _chain("E", "providers{id}"),
    "circle of fragments": lambda size: Parts(
        selections="...O0 ",
        after="".join(f"fragment O{i} on Query{{...O{(i + 1) % size}}}" for i in range(size)),
    ),
    "operations that share ids": _operations(19, '"x" '),
    "operations that share variables": _operations(19, "$s ", "($s:ID!)"),
    "two operations that share variables": _operations(2, "$s ", "($s:ID!)"),
    "operations that share chains": _operations_with_chains,
    "introspection": _repeated('q#:__type(name:"Query"){name fields{name}}'),
    "unknown fields": _repeated("f# "),
    "nearly known fields": _repeated("providers# "),
    "long unknown fields": _repeated(f"{'productCollection' * 40}# "),
    "unknown arguments": _in_list("e#:1 ", "e:node(#){id}"),
    "unknown enum values": _repeated("provider(key:DODOO){id}"),
    "unknown fragments": _repeated("...X# "),
    "wrong values": _repeated('w#:node(id:{a:1 b:[1 2 3] c:{d:"x"}}){id}'),
    "type definitions": lambda size: Parts(after="type A{b:C}" * size),
    "empty selections": _repeated("providers{}"),
    "lines, and errors after them": lambda size: Parts(
        selections="\n" * size + _numbered("n# ", 30)
    ),
    "comments": lambda size: Parts(selections="#\n" * size + "__typename"),
    "spaces": lambda size: Parts(selections=" " * size + "__typename"),
    "one comment": lambda size: Parts(selections=f"#{'x' * size}\n__typename"),
    "one string": lambda size: Parts(selections=f'node(id:"{"x" * size}"){{id}}'),
    "one name": lambda size: Parts(selections="x" * size),
    "one number": lambda size: Parts(selections=f"node(id:{'1' * size}){{id}}"),
    "one block string": lambda size: Parts(selections=f'node(id:"""{"x" * size}"""){{id}}'),
    "lines of a block string": lambda size: Parts(
        selections='node(id:"""' + " x\n" * size + '"""){id}'
    ),
    "quotes in a block string": lambda size: Parts(
        selections='node(id:"""' + '\\"""' * size + '"""){id}'
    ),
    "escapes": lambda size: Parts(selections='node(id:"' + "\\u0041" * size + '"){id}'),
    "escapes in braces": lambda size: Parts(
        selections='node(id:"' + "\\u{1F600}" * size + '"){id}'
    ),
}


if __name__ == "__main__":
    main()
