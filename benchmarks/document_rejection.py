"""Measure how long the gateway takes to reject a document.

`python -m benchmarks.document_rejection`

Each document passes the checks of a request (text, parser, shape, validation, cost) in their order
until one rejects it.
"""
# ruff: noqa: T201 # it prints

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Final

from graphql import (
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
)

from groupgate.schema.build import build_schema
from groupgate.schema.guardrails import (
    DocumentLimits,
    Validator,
    check_document,
    check_text,
    examine,
    parse_document,
)

MIB: Final = 1_048_576
RUNS: Final = 5
LIMITS: Final = DocumentLimits()


def main() -> None:
    """Print the two tables of the README."""
    schema = build_schema()._schema  # noqa: SLF001 # the only way to the graphql-core schema
    validator = Validator(schema, LIMITS)
    print("Documents as large as the earlier limits allow\n")
    _print_row("document", "bytes", "rejected at", "ms")
    for kind, text in documents():
        _report(kind, text, *_timed(partial(reject, schema, validator, text)))
    print("\nOnly the lexical check, with `characters` raised to 1 MiB\n")
    _print_row("document", "bytes", "rejected at", "ms")
    limits = replace(LIMITS, characters=MIB)
    for kind, text in floods(MIB):
        _report(kind, text, *_timed(partial(_lex, text, limits)))


def reject(schema: GraphQLSchema, validator: Validator, text: str) -> str:
    """Return the name of the check or limit that rejects a document."""
    try:
        check_text(text, LIMITS)
        document = parse_document(text)
    except GraphQLSyntaxError:
        return "syntax"
    except GraphQLError as error:
        return _name(error)
    errors = check_document(schema, document, LIMITS)
    if errors:
        return _name(*errors)
    errors = validator.validate(document)
    if errors:
        return next((_name(each) for each in errors if each.extensions), "validation")
    operation = document.definitions[0]
    if not isinstance(operation, OperationDefinitionNode):
        return "no operation"
    return _name(*examine(schema, document, operation, {}, LIMITS).errors)


def _lex(text: str, limits: DocumentLimits) -> str:
    try:
        check_text(text, limits)
    except GraphQLError as error:
        return _name(error)
    return _name()


def floods(size: int) -> Iterator[tuple[str, str]]:
    """Yield texts of this size that consist of one kind of token, or of none."""
    kinds = {
        "spaces": " ",
        "comments": "#\n",
        "names": "a ",
        "aliases": "a:b ",
        "directives": "@a ",
        "numbers": "-1.5e9,",
        "brackets opened": "{",
        "brackets opened and closed": "{}",
        "no tokens at all": "\0",
        "empty strings": '""',
        "three quotes": '"""',
    }
    for kind, part in kinds.items():
        yield kind, part * (size // len(part))
    yield "one comment", "#" + "x" * (size - 1)
    yield "one name", "x" * size
    yield "one string", '"' + "x" * (size - 2) + '"'
    yield "one string that does not end", '"' + "x" * (size - 1)
    yield "one block string of quotes", '"""' + '""x' * (size // 3 - 2) + '"""'
    yield "one block string of escapes", '"""' + '\\"""' * (size // 4 - 2) + '"""'
    yield "one block string that does not end", '"""' + '"x\\' * (size // 3 - 1)


def documents() -> Iterator[tuple[str, str]]:
    """Yield documents that each exceed one limit, or are as large as all limits allow."""
    yield "aliases, 1 MiB", "{" + "a:__typename " * (MIB // 13 - 1) + "}"
    yield "one string of 64 KiB", '{node(id:"' + "x" * 65_000 + '"){x}}'
    yield "one block string of 64 KiB", '{node(id:"""' + "x\n" * 32_000 + '"""){x}}'
    yield "one name of 64 KiB", "{" + "x" * 65_000 + "}"
    yield "escapes, 64 KiB", '{node(id:"' + "\\u0041" * 10_000 + '"){x}}'
    yield "aliases", "{" + " ".join(f"a{i}:__typename" for i in range(370)) + "}"
    yield "directives", "{__typename" + " @skip(if:true)" * 200 + "}"
    yield "unknown directives", "{__typename" + " @a" * 740 + "}"
    yield "unknown fields", "{providers{" + " ".join(f"a{i}" for i in range(390)) + "}}"
    yield "nearly known fields", f"{{providers{{{_numbered('productCollection', 390)}}}}}"
    yield "unknown arguments", f"{{node({_numbered('i', 490, ':1')}){{id}}}}"
    yield "variables", f"query({_numbered('$v', 370, ':ID')}){{__typename}}"
    yield "variables of unknown types", f"query({_numbered('$v', 370, ':Provide')}){{__typename}}"
    yield "list of variables", f"{{nodes(ids:[{'$v ' * 740}]){{id}}}}"
    yield "input object", f"{{node(id:{{{_numbered('i', 490, ':1')}}}){{id}}}}"
    yield "one field 390 times", "{" + "__typename " * 390 + "}"
    yield "fields that must be merged", "{" + ("providers{" + "id " * 19 + "}") * 19 + "}"
    yield "fragments that must be merged", _merged_fragments(60)
    yield "arguments that must be merged", "{" + 'node(id:"x"){id} ' * 165 + "}"
    yield "unused fragments", "{__typename}" + _numbered_fragments(210, "__typename")
    yield "operations", " ".join(f"query A{i}{{__typename}}" for i in range(290))
    yield "operations that share a fragment", _shared_fragment(20, 600)
    yield "brackets", "{providers" * 60 + "{id}" + "}" * 60
    yield "nested list", "{node(id:" + "[" * 60 + "]" * 60 + "){id}}"
    yield "nested fields", "{group(id:1){" + "collection{provider{" * 12 + "id" + "}" * 26
    yield "chain of fragments", "{...F0}" + _chain(180)
    yield "circle of fragments", "{...F0}" + _chain(180).replace("__typename", "...F0")
    yield "bomb of fragments", "{...F0}" + _bomb(12, "Query", "__typename")
    yield "bomb of pages", "{providers{...F0}}" + _bomb(8, "Provider", _PAGE)
    yield "three pages of 100", f"{{providers{{{_PAGE.replace('id', _PRODUCTS)}}}}}"


_GROUPS: Final = "groups(first:100){nodes{id}}"
_PAGE: Final = f"productCollections(first:100){{nodes{{{_GROUPS}}}}}"
_PRODUCTS: Final = "products(first:100){nodes{name}}"


def _numbered(name: str, count: int, tail: str = "") -> str:
    return " ".join(f"{name}{i}{tail}" for i in range(count))


def _numbered_fragments(count: int, fields: str) -> str:
    return "".join(f"fragment F{i} on Query{{{fields}}}" for i in range(count))


def _merged_fragments(count: int) -> str:
    return f"{{{_numbered('...F', count)}}}" + _numbered_fragments(count, "__typename " * 5)


def _shared_fragment(operations: int, uses: int) -> str:
    sharing = " ".join(f"query A{i}($v:ID!){{...F}}" for i in range(operations))
    return f"{sharing} fragment F on Query{{nodes(ids:[{'$v ' * uses}]){{id}}}}"


def _chain(count: int) -> str:
    links = "".join(f"fragment F{i} on Query{{...F{i + 1}}}" for i in range(count))
    return f"{links}fragment F{count} on Query{{__typename}}"


def _bomb(count: int, on: str, last: str) -> str:
    links = "".join(
        f"fragment F{i} on {on}{{...F{i + 1} ...on {on}{{...F{i + 1}}}}}" for i in range(count)
    )
    return f"{links}fragment F{count} on {on}{{{last}}}"


def _timed(run: Callable[[], str]) -> tuple[str, float]:
    """Return where the document was rejected, and the median time in milliseconds."""
    times = []
    for _ in range(RUNS):
        begun = time.thread_time()
        stopped_at = run()
        times.append(time.thread_time() - begun)
    return stopped_at, median(times) * 1_000


def _name(*errors: GraphQLError) -> str:
    limits = [str((error.extensions or {})["limit"]) for error in errors]
    return ", ".join(limits) or "not rejected"


def _print_row(document: str, size: str, stopped_at: str, milliseconds: str) -> None:
    print(f"| {document:40} | {size:>9} | {stopped_at:22} | {milliseconds:>6} |")


def _report(kind: str, text: str, stopped_at: str, milliseconds: float) -> None:
    _print_row(kind, f"{len(text.encode()):,}", stopped_at, f"{milliseconds:.1f}")


if __name__ == "__main__":
    main()
