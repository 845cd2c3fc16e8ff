"""The plans that are kept are bounded in bytes, with the documents that they keep in memory."""

import gc
from sys import getsizeof

import pytest
from graphql import GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from groupgate.app.compiled.cache import (
    BYTES_PER_FIELD,
    MAX_NAME_BYTES,
    MAX_PLAN_BYTES,
    NAMES_OVERHEAD,
    PLAN_OVERHEAD,
    QueryPlans,
)
from groupgate.app.compiled.run import QueryPlan
from groupgate.app.protocol.documents import BYTES_PER_TOKEN
from groupgate.schema.build import build_schema
from groupgate.schema.guardrails import parse_document

FRAGMENT = " fragment F on Provider { " + "key " * 20 + "}"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    """The gateway's schema."""
    return build_schema()._schema


def find(plans: QueryPlans, text: str) -> QueryPlan | None:
    """Return the plan of the first operation of a text."""
    document = parse_document(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return plans.find(document, operation, text, VariableValues({}, {}))


def test_plans_are_bounded_by_their_fields_and_documents(schema: GraphQLSchema) -> None:
    plans = QueryPlans(schema)
    text = "query A%03d { " + " ".join(f"a{n}: providers {{ ...F }}" for n in range(15)) + "}"
    texts = [text % number + FRAGMENT for number in range(49)]
    tokens = 4 + 15 * 7 + 4 + 22 + 2  # the last ones are the start and the end of the text
    fields = 15 + 15 * 20
    kept = getsizeof(texts[0]) + BYTES_PER_TOKEN * tokens
    size = PLAN_OVERHEAD + BYTES_PER_FIELD * fields + kept
    assert MAX_PLAN_BYTES // size == 48
    first, second, *_ = [find(plans, text) for text in texts]
    assert first is not None
    assert find(plans, texts[1]) is second
    assert find(plans, texts[0]) is not first


def test_queries_for_graphql_core_are_bounded_too(schema: GraphQLSchema) -> None:
    plans = QueryPlans(schema)
    spaces = " " * 65_000
    texts = [f"query A{number:03} {{ __schema {{ __typename }} }}{spaces}" for number in range(500)]
    size = NAMES_OVERHEAD + getsizeof(texts[0])
    for text in texts:
        assert find(plans, text) is None
    assert len(plans._condition_names) == MAX_NAME_BYTES // size == 63
    plan_size = PLAN_OVERHEAD + 2 * BYTES_PER_FIELD + getsizeof(texts[0]) + BYTES_PER_TOKEN * 10
    assert len(plans._plans) == MAX_PLAN_BYTES // plan_size == 446


def test_documents_and_plans_that_are_dropped_need_no_garbage_collector(
    schema: GraphQLSchema,
) -> None:
    """Their parts do not refer to each other in cycles."""
    text = "query A($id: ID!) { product(id: $id) { # a comment\n id name price { amount } } }"
    plans = QueryPlans(schema)
    assert find(plans, text) is not None
    del plans
    gc.collect()
    for _ in range(2):
        assert find(QueryPlans(schema), text) is not None
    assert gc.collect() == 0
