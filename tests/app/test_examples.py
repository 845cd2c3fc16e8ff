"""The explorer's examples: each is valid and runs on the sandbox without changes.

On the sandbox the explorer sends the ids in the `variables` of `index.json`, which exist only
there. On other servers it replaces them by what `ids` refers to.
"""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse, validate

import groupgate.app.graphiql
from groupgate.schema.build import build_schema
from groupgate.schema.ids import try_decode_id
from tests.e2e.gateway import Gateway, open_gateway

pytestmark = pytest.mark.anyio

FOLDER = Path(groupgate.app.graphiql.__file__).parent / "scripts" / "examples"
SECTIONS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
EXAMPLES: list[dict[str, Any]] = [
    example for section in SECTIONS for example in section["examples"]
]
SCHEMA = build_schema()._schema

each_example = pytest.mark.parametrize(
    "example", EXAMPLES, ids=[example["file"] for example in EXAMPLES]
)


def document_of(example: dict[str, Any]) -> str:
    """Return the GraphQL document of an example."""
    return FOLDER.joinpath(str(example["file"])).read_text("utf-8")


def operation_of(example: dict[str, Any]) -> OperationDefinitionNode:
    """Return the only operation of an example."""
    nodes = parse(document_of(example)).definitions
    (operation,) = (node for node in nodes if isinstance(node, OperationDefinitionNode))
    return operation


def root_fields(operation: OperationDefinitionNode) -> list[str]:
    """Return the names of the root fields of an operation."""
    selections = operation.selection_set.selections
    return [node.name.value for node in selections if isinstance(node, FieldNode)]


def is_mutation(example: dict[str, Any]) -> bool:
    """True if the operation of an example is a mutation."""
    return operation_of(example).operation is OperationType.MUTATION


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """Open a gateway on the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


async def run(gateway: Gateway, example: dict[str, Any]) -> dict[str, Any]:
    """Send an example as the explorer does; return the response body."""
    request = {"query": document_of(example), "variables": example.get("variables", {})}
    response = await gateway.http.post("/graphql", json=request, headers=example.get("headers"))
    body: dict[str, Any] = response.json()
    return body


def errors_of(body: dict[str, Any]) -> list[Any]:
    """Return the errors and the user errors of a response."""
    payloads = (body.get("data") or {}).values()
    user_errors = [one.get("userErrors", []) for one in payloads if isinstance(one, dict)]
    return [*body.get("errors", []), *(error for errors in user_errors for error in errors)]


def test_the_index_lists_every_file_once() -> None:
    listed = [example["file"] for example in EXAMPLES]
    assert sorted(listed) == sorted(path.name for path in FOLDER.glob("*.graphql"))


def test_every_mutation_has_an_example() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    operations = [operation_of(example) for example in EXAMPLES if is_mutation(example)]
    with_example = {name for operation in operations for name in root_fields(operation)}
    assert with_example == set(mutations.fields)
    assert len(with_example) == 14


def test_examples_in_the_mutation_sections_are_named_after_their_mutation() -> None:
    fields_by_title = {
        example["title"]: root_fields(operation_of(example))
        for section in SECTIONS
        if section["title"] in {"Group mutations", "Collection mutations"}
        for example in section["examples"]
    }
    assert fields_by_title == {title: [title] for title in fields_by_title}
    assert len(fields_by_title) == 14


@each_example
def test_each_example_is_valid_and_begins_with_a_comment(example: dict[str, Any]) -> None:
    """Its only operation has a name, which becomes the title of its tab."""
    assert document_of(example).startswith("# ")
    assert operation_of(example).name is not None
    assert validate(SCHEMA, parse(document_of(example))) == []


@each_example
async def test_each_example_runs_on_the_sandbox_without_changes(
    gateway: Gateway, example: dict[str, Any]
) -> None:
    body = await run(gateway, example)
    assert errors_of(body) == []
    assert all(value is not None for value in body["data"].values())


@pytest.mark.parametrize("step", [1, -1], ids=["in-order", "in-reverse-order"])
async def test_examples_do_not_depend_on_each_other(gateway: Gateway, step: int) -> None:
    for example in EXAMPLES[::step]:
        assert errors_of(await run(gateway, example)) == [], example["file"]


def test_mutation_examples_can_change_nothing_at_a_real_vendor() -> None:
    """Their ids contain native ids of the sandbox, which no real vendor has.

    The id of an implicit collection has no native id: it would exist at a real vendor too.
    """
    for example in filter(is_mutation, EXAMPLES):
        strings = json.dumps(example["variables"]).split('"')
        refs = [ref for ref in map(try_decode_id, strings) if ref is not None]
        assert refs, example["file"]
        assert all(getattr(ref, "native_id", None) for ref in refs), example["file"]


REFERENCE = re.compile(
    r"(DODO|AXIM|TWO_CHECKOUT)\.(collection|group|otherGroup|product|otherProduct)"
    r"(\.(groups|products)\.\*)?\.(id|nativeId|sku)"
)


def native_or_gateway_ids(value: object) -> list[str]:
    """Return the strings in a value that are ids of the sandbox."""
    strings = re.findall(r'"([^"]+)"', json.dumps(value))
    return [one for one in strings if try_decode_id(one) or re.fullmatch(r"p\w\w_\w+", one)]


@each_example
def test_no_id_of_the_sandbox_is_left_for_another_server(example: dict[str, Any]) -> None:
    variables, ids = example.get("variables", {}), example.get("ids", {})
    assert native_or_gateway_ids({**variables, **ids}) == []
    assert set(ids) <= set(variables)
    strings = re.findall(r'"([^"]+\.[^"]+)"', json.dumps(ids))
    assert all(map(REFERENCE.fullmatch, strings))
    assert bool(strings) is bool(ids)


async def test_the_catalogue_returns_products_of_every_vendor(gateway: Gateway) -> None:
    """It is the first example, which the explorer opens at the start."""
    body = await run(gateway, EXAMPLES[0])
    assert [provider["name"] for provider in body["data"]["providers"]] == [
        "Axim Commerce",
        "Dodo Payments",
        "2Checkout",
    ]
    for provider in body["data"]["providers"]:
        collection = provider["productCollections"]["nodes"][0]
        assert collection["groups"]["nodes"][0]["products"]["nodes"]


def example_in(file: str) -> dict[str, Any]:
    """Return the example in this file."""
    (example,) = (example for example in EXAMPLES if example["file"] == file)
    return example


@pytest.mark.parametrize("file", ["native-ids.graphql", "sku.graphql"])
async def test_the_examples_of_lookups_find_every_object(gateway: Gateway, file: str) -> None:
    body = await run(gateway, example_in(file))
    found = [value for vendor in body["data"].values() for value in vendor.values()]
    assert all(found)
    assert all(all(value) for value in found if isinstance(value, list))


@pytest.mark.parametrize(
    ("file", "connection"), [("group-search.graphql", "groups"), ("ungrouped.graphql", "products")]
)
async def test_the_examples_of_lists_find_something_at_every_vendor(
    gateway: Gateway, file: str, connection: str
) -> None:
    body = await run(gateway, example_in(file))
    assert len(body["data"]["providers"]) == 3
    assert all(provider[connection]["nodes"] for provider in body["data"]["providers"])


async def test_the_dry_run_plans_two_calls_and_sends_neither(gateway: Gateway) -> None:
    """The plan removes the product from one group and adds it to the other."""
    (example,) = (example for example in EXAMPLES if example["file"] == "dry-run.graphql")
    body = await run(gateway, example)
    plan = body["data"]["groupMoveProducts"]["plan"]
    assert [call["method"] for call in plan] == ["DELETE", "POST"]
    assert [method for method, *_ in gateway.sandbox.dodo.calls] == ["GET"]


async def test_a_repeated_idempotency_key_returns_the_stored_response(gateway: Gateway) -> None:
    (example,) = (example for example in EXAMPLES if example["file"] == "idempotency-key.graphql")
    first = await run(gateway, example)
    gateway.clear_calls()
    assert await run(gateway, example) == first
    assert gateway.call_counts() == {}
