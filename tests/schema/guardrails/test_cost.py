"""The exact cost of documents: rows, calls and points, calculated by hand."""

import pytest
from graphql import build_schema as schema_of
from graphql import parse

from groupgate.schema.guardrails import Cost, DocumentLimits, examine
from tests.schema.guardrails.helpers import (
    UNLIMITED_POINTS,
    cost,
    examination,
    exceeded,
    only_operation,
    schema,
)

PROVIDER = "{provider(key:DODO){%s}}"
GROUPS_OF_ONE = "{productCollection(id:1){groups%s{nodes{id}}}}"


NODES = "(first:%d){nodes{%s}}"
EDGES = "(first:%d){pageInfo{hasNextPage}edges{cursor node{%s}}}"


def four_levels(first: int, page: str = NODES, leaf: str = "id name") -> str:
    """Select four levels of pages: collections, groups, products, and products of their groups."""
    products = "products" + page % (first, leaf)
    products = "products" + page % (first, f"id groups{{id {products}}}")
    groups = "groups" + page % (first, f"id {products}")
    return f"{{providers{{key productCollections{page % (first, f'id {groups}')}}}}}"


def two_levels(first: int, leaf: str = "id") -> str:
    """Select the groups of one collection with their products."""
    products = "products" + NODES % (first, leaf)
    return f"{{productCollection(id:1){{groups{NODES % (first, products)}}}}}"


def zigzag(first: int) -> str:
    """Select four levels of pages: products, and three times the products of their groups."""
    inside = "id"
    for _ in range(3):
        inside = f"groups{{products{NODES % (first, inside)}}}"
    return f"{{providers{{products{NODES % (first, inside)}}}}}"


PRICING = (
    "price{amount currencyCode} pricingModel billingPeriod{count unit} trialDays isTaxIncluded"
    " isPayWhatYouWant minimumPrice{amount} suggestedPrice{amount}"
)
"""All fields of a price: 14 values, and no call, as every response contains them."""


@pytest.mark.parametrize(
    ("text", "rows", "calls", "points"),
    [
        ("{__typename}", 0, 0, 0),
        ("{providers{name}}", 3, 0, 3),
        ("{providers{name key capabilities status{state since}}}", 3, 0, 3 + 19 // 10),
        ("{provider(key:DODO){id}}", 1, 0, 1),
        ('{group(id:"x"){name}}', 1, 1, 11),
        ('{node(id:"x"){id}}', 1, 1, 11),
        ('{nodes(ids:["x" "y" "z"]){id}}', 3, 3, 33),
        ('{nodes(ids:"x"){id}}', 1, 1, 11),
        ('{a:group(id:"x"){id} b:group(id:"x"){id}}', 2, 2, 22),
        (GROUPS_OF_ONE % "", 21, 2, 21 + 20 + 23 // 10),
        (GROUPS_OF_ONE % "(first:7)", 8, 2, 8 + 20 + 10 // 10),
        (GROUPS_OF_ONE % "(first:49)", 50, 2, 50 + 20 + 52 // 10),
        (GROUPS_OF_ONE % "(first:50)", 51, 3, 51 + 30 + 53 // 10),
        (GROUPS_OF_ONE % "(first:100)", 101, 4, 101 + 40 + 103 // 10),
        ('{group(id:"x"){products(first:5){edges{cursor node{id}}}}}', 6, 2, 6 + 20 + 18 // 10),
        ('{group(id:"x"){products(first:5){totalCount pageInfo{endCursor}}}}', 1, 2, 21),
        ('{product(id:"x"){price{amount currencyCode}}}', 1, 1, 11),
        (f'{{product(id:"x"){{{PRICING}}}}}', 1, 1, 11 + 15 // 10),
        (
            f'{{group(id:"x"){{products(first:49){{nodes{{{PRICING}}}}}}}}}',
            50,
            2,
            70 + (3 + 49 * 14) // 10,
        ),
        ('{product(id:"x"){status imageUrl}}', 1, 3, 31),
        ('{product(id:"x"){groups{name}}}', 3, 3, 33),
        ('{group(id:"x"){revision hasProduct(id:"y")}}', 1, 3, 31),
        ("{providers{products(first:7){nodes{status}}}}", 24, 24, 24 + 240 + 28 // 10),
        ("{providers{products(first:100){nodes{status}}}}", 303, 109, 303 + 1090 + 30),
        (PROVIDER % 'productCollection(nativeId:"x"){id}', 2, 1, 2 + 10),
        (PROVIDER % 'product(nativeId:"x"){id}', 2, 1, 2 + 10),
        (PROVIDER % 'productBySku(sku:"x"){id}', 2, 1, 2 + 10),
        (PROVIDER % 'productsByNativeId(nativeIds:["x" "y" "z"]){id}', 4, 3, 4 + 30),
        (PROVIDER % 'productsByNativeId(nativeIds:"x"){id status}', 2, 2, 2 + 20),
        (PROVIDER % 'group(nativeId:"x" productCollectionNativeId:"y"){id}', 2, 1, 2 + 10),
        (PROVIDER % 'group(nativeId:"x"){id}', 2, 11, 2 + 110),
        (PROVIDER % 'group(nativeId:"x" productCollectionNativeId:null){id}', 2, 11, 2 + 110),
        (PROVIDER % "groups(first:7){nodes{id}}", 8, 11, 8 + 110 + 1),
        (PROVIDER % 'groups(first:100 search:"x"){nodes{id}}', 101, 13, 101 + 130 + 10),
        (PROVIDER % "products(first:7 status:ACTIVE){nodes{id}}", 8, 1, 8 + 10 + 1),
        (PROVIDER % "products(first:7 ungrouped:false){nodes{id}}", 8, 1, 8 + 10 + 1),
        (PROVIDER % "products(first:7 ungrouped:true){nodes{id}}", 8, 11, 8 + 110 + 1),
        ('{providers{product(nativeId:"x"){id}}}', 6, 3, 6 + 30),
    ],
)
def test_the_cost_of_a_document_is_exact(text: str, rows: int, calls: int, points: int) -> None:
    assert cost(text) == Cost(rows=rows, upstream_calls=calls, points=points)


def test_nested_pages_multiply() -> None:
    calls = 1 + 3 + 100
    values = 1 + 1 + 1 + 100 + 100 + 10_000
    assert cost(two_levels(100)) == Cost(
        rows=1 + 100 + 10_000, upstream_calls=calls, points=10_101 + 10 * calls + values // 10
    )


def test_four_levels_of_pages_of_seven_are_within_the_default_limit() -> None:
    collections, groups, products = 3 * 7, 3 * 7**2, 3 * 7**3
    shared = 2 * products
    rows = 3 + collections + groups + products + shared + 7 * shared
    calls = 3 + 21 + 100 + 100 + 100
    values = 10 + 3 * collections + 3 * groups + 2 * products + 3 * shared + 2 * 7 * shared
    found = examination(four_levels(7))
    assert found.errors == []
    assert found.cost == Cost(
        rows=rows, upstream_calls=calls, points=rows + 10 * calls + values // 10
    )


DETAILS = "id nativeId name sku description price{amount currencyCode} isRecurring status imageUrl"
MANY_NODES = (
    "query($ids:[ID!]!){nodes(ids:$ids){id ...on Group{name status} ...on Product{name sku}}}"
)


@pytest.mark.parametrize(
    "text",
    [
        four_levels(7, leaf=DETAILS),
        four_levels(7, EDGES),
        zigzag(7),
        MANY_NODES,
        two_levels(100, DETAILS),
        "{providers{productCollections{nodes{groups{nodes{products{nodes{id name}}}}}}}}",
    ],
    ids=["details", "edges", "zigzag", "nodes", "two levels of a hundred", "default page size"],
)
def test_common_documents_are_within_the_default_limit(text: str) -> None:
    assert examination(text, ids=["x"] * 100).errors == []


def test_three_levels_of_pages_of_a_hundred_are_refused() -> None:
    groups = "groups" + NODES % (100, "products" + NODES % (100, "id"))
    (error,) = examination(f"{{providers{{productCollections{NODES % (100, groups)}}}}}").errors
    values = 1 + 3 + 3 + 300 + 300 + 30_000 + 30_000 + 3_000_000
    points = 3_030_303 + 2_090 + values // 10
    assert exceeded(error) == [("points", points, 100_000)]
    assert error.extensions is not None
    assert error.extensions["code"] == "DOCUMENT_TOO_COMPLEX"
    assert error.message == (
        f"The operation may return 3,030,303 rows and need 209 calls to vendors, which costs "
        f"{points:,} points; at most 100,000 are allowed. Request smaller pages with `first`, or "
        "fewer fields."
    )


def test_cost_and_counts_are_reported_together() -> None:
    found = examination("{providers{a:name b:name}}", DocumentLimits(points=2, aliases=1))
    assert exceeded(*found.errors) == [("aliases", 2, 1), ("points", 3, 2)]


@pytest.mark.parametrize(
    ("first", "rows"),
    [
        (7, 8),
        (7.0, 8),
        (1, 2),
        (0, 2),
        (-5, 2),
        (101, 101),
        (10**400, 101),
        (-(10**400), 2),
        (7.5, 101),
        (float("nan"), 101),
        (float("inf"), 101),
        ("7", 101),
        (True, 101),
        ([7], 101),
        ({"first": 7}, 101),
        (None, 21),
    ],
)
def test_a_page_size_in_a_variable_is_clamped(first: object, rows: int) -> None:
    text = "query($first:Int!=7){productCollection(id:1){groups(first:$first){nodes{id}}}}"
    assert cost(text, first=first).rows == rows


@pytest.mark.parametrize(
    ("first", "rows"),
    [("-1", 2), ("0", 2), ("1000", 101), ("9" * 60_000, 101), ("null", 101), ('"7"', 101)],
)
def test_an_invalid_page_size_in_the_document_is_clamped(first: str, rows: int) -> None:
    document = parse(GROUPS_OF_ONE % f"(first:{first})")
    found = examine(schema(), document, only_operation(document), {}, UNLIMITED_POINTS)
    assert found.cost.rows == rows


def test_an_omitted_variable_has_its_default_or_that_of_the_argument() -> None:
    text = "query($first:Int!%s){productCollection(id:1){groups(first:$first){nodes{id}}}}"
    assert cost(text % "=7").rows == 8
    assert cost(text % "=7", first=3).rows == 4
    assert cost(text % "").rows == 21


@pytest.mark.parametrize(
    ("ids", "rows"),
    [(["x"] * 5, 5), (("x", "y"), 2), ([], 0), ("x", 1), (7, 1), (None, 0), ({}, 0)],
)
def test_ids_in_a_variable_are_counted(ids: object, rows: int) -> None:
    found = cost("query($ids:[ID!]!){nodes(ids:$ids){id}}", ids=ids)
    assert (found.rows, found.upstream_calls) == (rows, rows)


@pytest.mark.parametrize(
    ("ids", "count"),
    [(["x"] * 5, 5), (["x"] * 1_000, 1_000), ([], 0), ("x", 1), (None, 0), ({}, 0)],
)
def test_native_ids_in_a_variable_are_counted(ids: object, count: int) -> None:
    text = PROVIDER % "productsByNativeId(nativeIds:$ids){id}"
    found = cost(f"query($ids:[String!]!){text}", ids=ids)
    assert (found.rows, found.upstream_calls) == (1 + count, min(count, 100))


@pytest.mark.parametrize(
    ("value", "calls"), [(True, 11), (False, 1), (None, 1), ([], 11), ({}, 11), ("no", 11)]
)
def test_a_flag_in_a_variable_is_priced_unless_it_is_false(value: object, calls: int) -> None:
    text = PROVIDER % "products(ungrouped:$flag){nodes{id}}"
    assert cost(f"query($flag:Boolean! =false){text}", flag=value).upstream_calls == calls


@pytest.mark.parametrize(("value", "calls"), [("x", 1), (None, 11), (["x"], 1)])
def test_a_group_is_cheap_if_a_variable_names_its_collection(value: object, calls: int) -> None:
    text = PROVIDER % 'group(nativeId:"x" productCollectionNativeId:$id){id}'
    assert cost(f"query($id:String){text}", id=value).upstream_calls == calls
    assert cost(f"query($id:String){text}").upstream_calls == 11


def test_ids_in_a_default_are_counted() -> None:
    assert cost('query($ids:[ID!]! =["x" "y"]){nodes(ids:$ids){id}}').rows == 2


def test_a_hundred_thousand_ids_are_refused() -> None:
    found = examination("query($ids:[ID!]!){nodes(ids:$ids){id}}", ids=["x"] * 100_000)
    assert exceeded(*found.errors) == [("points", 111_000, 100_000)]


def test_a_fragment_costs_as_much_as_its_fields() -> None:
    expanded = (
        "{providers{a:products(first:3){nodes{id price{amount}}} "
        "b:products(first:7){nodes{id price{amount}}}}}"
    )
    text = (
        "{providers{...P}} fragment P on Provider{a:products(first:3){...C} "
        "b:products(first:7){...C}} fragment C on ProductConnection{nodes{...N ...on Product{"
        "price{...M}}}} fragment N on Node{id} fragment M on Money{amount}"
    )
    assert cost(text) == cost(expanded) == Cost(rows=33, upstream_calls=6, points=33 + 60 + 10)


def test_fields_that_may_be_skipped_count() -> None:
    text = "query($no:Boolean!){providers @skip(if:$no){name @include(if:false)}}"
    assert cost(text, no=True) == cost("{providers{name}}")


def test_more_values_per_row_cost_more() -> None:
    aliases = "".join(f"a{i}:name " for i in range(90))
    text = f"{{productCollection(id:1){{groups(first:100){{nodes{{{aliases}}}}}}}}}"
    assert cost(text).points == 101 + 40 + 9_003 // 10


def test_the_cost_of_exponentially_nested_pages_has_an_upper_bound() -> None:
    bomb = "".join(
        f"fragment F{i} on Provider{{products(first:100){{nodes{{provider{{...F{i + 1}}}}}}}"
        f"...F{i + 1}}}"
        for i in range(60)
    )
    document = parse(f"{{providers{{...F0}}}}{bomb}fragment F60 on Provider{{id}}")
    found = examine(schema(), document, only_operation(document), {}, DocumentLimits())
    assert 10**9 <= found.cost.points < 2**53
    assert [limit for limit, _found, _allowed in exceeded(*found.errors)] == [
        "depth",
        "fields",
        "points",
    ]


MUTATIONS = """
interface Node { id: ID! }
type Product implements Node { id: ID! name: String }
type ProductConnection { nodes: [Product!]! }
type Group implements Node { id: ID! products(first: Int!): ProductConnection }
interface UserError { message: String! }
type ConflictError implements UserError { message: String! conflictingNode: Node }
type Payload { group: Group userErrors: [UserError!]! }
enum ProviderKey { DODO }
input GroupInput { name: String }
input MoveInput { id: ID!, newPosition: Int! }
type Query { providers: [Product!] }
type Mutation {
  groupUpdate(id: ID!, input: GroupInput, dryRun: Boolean): Payload
  groupAssignProducts(id: ID!, productIds: [ID!]!): Payload
  groupReorderProducts(id: ID!, productIds: [ID!], moves: [MoveInput!]): Payload
  groupMoveProducts(fromGroupId: ID!, toGroupId: ID!, productIds: [ID!]!): Payload
  productCollectionCreate(provider: ProviderKey!, productIds: [ID!]! = []): Payload
}
"""


@pytest.mark.parametrize(
    ("text", "rows", "calls"),
    [
        ("{groupUpdate(id:1 dryRun:true){userErrors{message}}}", 0, 4),
        ("{groupAssignProducts(id:1 productIds:[1 2 3]){userErrors{message}}}", 0, 7),
        ("{groupAssignProducts(id:1 productIds:$ids){group{id}}}", 1, 14),
        ("{groupMoveProducts(fromGroupId:1 toGroupId:2 productIds:[3]){group{id}}}", 1, 6),
        ('{groupUpdate(id:1 input:{name:"x"}){group{id}}}', 1, 4),
        ("{groupReorderProducts(id:1 productIds:$ids){group{id}}}", 1, 14),
        ("{groupReorderProducts(id:1 moves:[{id:2 newPosition:0} $move]){group{id}}}", 1, 6),
        ("{groupReorderProducts(id:1 moves:{id:2 newPosition:0}){group{id}}}", 1, 5),
        ("{groupReorderProducts(id:1 moves:$moves){group{id}}}", 1, 7),
        ("{groupReorderProducts(id:1 moves:$move){group{id}}}", 1, 5),
        ("{groupReorderProducts(id:1 moves:$omitted){group{id}}}", 1, 4),
        ("{productCollectionCreate(provider:DODO){group{id}}}", 1, 3),
        ("{groupUpdate(id:1){group{products(first:20){nodes{id}}}}}", 21, 5),
        ("{a:groupUpdate(id:1){group{id}}b:groupUpdate(id:2){group{id}}}", 2, 8),
        (
            "{groupUpdate(id:1){userErrors{message ...on ConflictError{conflictingNode{id}}}}}",
            10,
            4,
        ),
    ],
)
def test_a_mutation_costs_three_calls_and_one_for_each_id(text: str, rows: int, calls: int) -> None:
    document = parse(
        "mutation($ids:[ID!]! $moves:[MoveInput!] $move:MoveInput! $omitted:[MoveInput!])" + text
    )
    move = {"id": "x", "newPosition": 0}
    variables: dict[str, object] = {"ids": list("abcdefghij"), "moves": [move] * 3, "move": move}
    found = examine(
        schema_of(MUTATIONS), document, only_operation(document), variables, UNLIMITED_POINTS
    ).cost
    assert (found.rows, found.upstream_calls) == (rows, calls)


def test_a_mutation_of_a_thousand_ids_costs_at_most_a_hundred_writes() -> None:
    document = parse("mutation($i:[ID!]!){groupAssignProducts(id:1 productIds:$i){group{id}}}")
    variables: dict[str, object] = {"i": ["x"] * 1_000}
    operation = only_operation(document)
    found = examine(schema_of(MUTATIONS), document, operation, variables, DocumentLimits())
    assert (found.cost.upstream_calls, found.errors) == (103, [])
