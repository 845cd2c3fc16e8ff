"""The explorer's examples: each is valid, runs on the sandbox as it is, and changes nothing else.

The explorer sends them as they stand in `index.json`, so the ids there are the sandbox's own.
"""

import json
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

FOLDER = Path(groupgate.app.graphiql.__file__).parent / "static" / "examples"
SECTIONS: list[dict[str, Any]] = json.loads((FOLDER / "index.json").read_text("utf-8"))
EXAMPLES: list[dict[str, Any]] = [one for section in SECTIONS for one in section["examples"]]
SCHEMA = build_schema()._schema

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=[one["file"] for one in EXAMPLES])


def text_of(example: dict[str, Any]) -> str:
    """Return the document of one example."""
    return FOLDER.joinpath(str(example["file"])).read_text("utf-8")


def operation_of(example: dict[str, Any]) -> OperationDefinitionNode:
    """Return the only operation of one example."""
    nodes = parse(text_of(example)).definitions
    (operation,) = (node for node in nodes if isinstance(node, OperationDefinitionNode))
    return operation


def fields_of(operation: OperationDefinitionNode) -> list[str]:
    """Return what an operation asks for at its root."""
    chosen = operation.selection_set.selections
    return [node.name.value for node in chosen if isinstance(node, FieldNode)]


def is_mutation(example: dict[str, Any]) -> bool:
    """Whether an example changes something."""
    return operation_of(example).operation is OperationType.MUTATION


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    """A gateway over the sandbox."""
    async with open_gateway() as gateway:
        yield gateway


async def run(gateway: Gateway, example: dict[str, Any]) -> dict[str, Any]:
    """Send an example as the explorer does; return the answer."""
    body = {"query": text_of(example), "variables": example.get("variables", {})}
    response = await gateway.http.post("/graphql", json=body, headers=example.get("headers"))
    answer: dict[str, Any] = response.json()
    return answer


def format_user_errors(answer: dict[str, Any]) -> list[Any]:
    """Return the errors and user errors of an answer."""
    payloads = (answer.get("data") or {}).values()
    refused = [one.get("userErrors", []) for one in payloads if isinstance(one, dict)]
    return [*answer.get("errors", []), *(error for errors in refused for error in errors)]


def test_the_index_lists_every_file_once() -> None:
    listed = [one["file"] for one in EXAMPLES]
    assert sorted(listed) == sorted(path.name for path in FOLDER.glob("*.graphql"))


def test_every_mutation_has_an_example() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    changing = [operation_of(one) for one in EXAMPLES if is_mutation(one)]
    shown = {name for one in changing for name in fields_of(one)}
    assert shown == set(mutations.fields)
    assert len(shown) == 14


def test_an_example_of_a_mutation_is_called_like_it() -> None:
    """Those of the sections that change groups and collections are listed by the schema's words."""
    called = {
        one["title"]: fields_of(operation_of(one))
        for section in SECTIONS
        if section["title"] in {"Change groups", "Change collections"}
        for one in section["examples"]
    }
    assert called == {title: [title] for title in called}
    assert len(called) == 14


@each_example
def test_each_example_is_valid_and_says_what_it_shows(example: dict[str, Any]) -> None:
    """It begins with a comment, and has one operation with a name: the title of its tab."""
    assert text_of(example).startswith("# ")
    assert operation_of(example).name is not None
    assert validate(SCHEMA, parse(text_of(example))) == []


@each_example
async def test_each_example_runs_on_the_sandbox_as_it_is(
    gateway: Gateway, example: dict[str, Any]
) -> None:
    answer = await run(gateway, example)
    assert format_user_errors(answer) == []
    assert all(value is not None for value in answer["data"].values())


@pytest.mark.parametrize("order", [1, -1], ids=["listed", "backwards"])
async def test_examples_do_not_get_in_the_way_of_each_other(gateway: Gateway, order: int) -> None:
    for example in EXAMPLES[::order]:
        assert format_user_errors(await run(gateway, example)) == [], example["file"]


def test_no_mutation_can_change_anything_but_the_sandbox() -> None:
    """With real vendors behind the gateway, the ids of its examples lead to nothing.

    Not so the id of an implicit collection, which is the same everywhere.
    """
    for example in [one for one in EXAMPLES if is_mutation(one)]:
        words = json.dumps(example["variables"]).split('"')
        refs = [ref for ref in map(try_decode_id, words) if ref is not None]
        assert refs, example["file"]
        assert all(getattr(ref, "native_id", None) for ref in refs), example["file"]


async def test_the_catalogue_walks_all_vendors(gateway: Gateway) -> None:
    """The example that is open at the start reaches products at every vendor."""
    answer = await run(gateway, EXAMPLES[0])
    assert [provider["name"] for provider in answer["data"]["providers"]] == [
        "Axim Commerce",
        "Dodo Payments",
        "2Checkout",
    ]
    for provider in answer["data"]["providers"]:
        collection = provider["productCollections"]["nodes"][0]
        assert collection["groups"]["nodes"][0]["products"]["nodes"]


async def test_a_dry_run_plans_two_calls_and_makes_none(gateway: Gateway) -> None:
    """Its plan is to take the product out of one group, and to add it to the other."""
    (example,) = (one for one in EXAMPLES if one["file"] == "dry-run.graphql")
    answer = await run(gateway, example)
    plan = answer["data"]["groupMoveProducts"]["plan"]
    assert [call["method"] for call in plan] == ["DELETE", "POST"]
    assert [method for method, *_ in gateway.sandbox.dodo.calls] == ["GET"]


async def test_an_idempotency_key_makes_one_group_of_two_requests(gateway: Gateway) -> None:
    (example,) = (one for one in EXAMPLES if one["file"] == "once.graphql")
    first = await run(gateway, example)
    gateway.clear()
    assert await run(gateway, example) == first
    assert gateway.counts() == {}
