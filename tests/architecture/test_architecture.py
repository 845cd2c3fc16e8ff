"""ARCHITECTURE.md and the README's table of places match the code and the calls that are made."""

import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pytest

import groupgate
from groupgate.domain.refs import ProviderKey
from groupgate.observer import Observer
from groupgate.schema.build import build_schema
from tests.e2e.gateway import Gateway, open_gateway

CODE: Final = Path(groupgate.__file__).parent
REPOSITORY: Final = Path(__file__).parents[2]
GUIDE: Final = (CODE / "ARCHITECTURE.md").read_text(encoding="utf-8")
PLACES: Final = (REPOSITORY / "README.md").read_text(encoding="utf-8").partition("| I want to")[2]

VENDORS: Final = [key.value for key in ProviderKey]
COLUMNS: Final = {"DODO": 1, "AXIM": 2, "TWO_CHECKOUT": 3}


def paths(text: str) -> Iterator[str]:
    """Yield the files and folders that are named in code style, once for each vendor."""
    for path in dict.fromkeys(re.findall(r"`([\w./<>-]+(?:/|\.py|\.md))`", text)):
        vendors = VENDORS if "<vendor>" in path else [""]
        yield from (path.replace("<vendor>", vendor.lower()) for vendor in vendors)


@pytest.mark.parametrize("text", [GUIDE, PLACES], ids=["ARCHITECTURE", "README"])
def test_the_named_paths_exist(text: str) -> None:
    """Below the code, inside a vendor's package, or below the repository."""
    roots = (CODE, CODE / "providers" / "dodo", REPOSITORY)
    assert [path for path in paths(text) if not any((root / path).exists() for root in roots)] == []


@pytest.mark.parametrize("text", [GUIDE, PLACES], ids=["ARCHITECTURE", "README"])
def test_the_links_lead_to_files(text: str) -> None:
    base = CODE if text is GUIDE else REPOSITORY
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (base / link).exists()] == []


def test_each_step_names_a_function_of_its_file() -> None:
    steps = re.findall(r"^\| \d+ \| `(.+?)` \| `(.+?)` \|", GUIDE, re.MULTILINE)
    assert steps
    missing = [
        (path, name)
        for path, name in steps
        for part in name.split(".")
        if not re.search(rf"\b(def|class) {part}\b", (CODE / path).read_text(encoding="utf-8"))
    ]
    assert missing == []


def test_the_log_events_are_those_of_the_code() -> None:
    logged = {
        (event, str(path.relative_to(CODE)))
        for path in CODE.rglob("*.py")
        for event in re.findall(r'_log\.\w+\(\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    listed = re.findall(r"^\| `(\w+)` \| \w+(?:, \w+)? \| .* \| `(.+)` \|$", GUIDE, re.MULTILINE)
    assert set(listed) == logged


def test_the_observer_methods_are_listed() -> None:
    methods = [name for name in vars(Observer) if not name.startswith("_")]
    assert [name for name in methods if f"| `{name}` |" not in GUIDE] == []


def table(name: str) -> dict[str, list[str]]:
    """Return the rows between two comments by their first cell."""
    text = GUIDE.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]
    rows = [re.split(r" *\| *", line.strip("| ")) for line in text.splitlines() if "`" in line]
    return {row[0]: row for row in rows}


CATALOG = """query ($key: ProviderKey!) { provider(key: $key) {
  products(first: 5) { nodes { id nativeId sku } }
  productCollections(first: 5) { nodes { id nativeId groups(first: 20) { nodes {
    id nativeId name products(first: 100) { nodes { id } } } } } } } }"""
UNGROUPED = """query ($after: String) { provider(key: DODO) { products(first: 100, after: $after) {
  pageInfo { endCursor } nodes { id groups { id } } } } }"""


IDS: Final[dict[str, dict[str, Any]]] = {}
"""The ids of each vendor's objects by the names of variables; they are the same in any sandbox."""


async def ids_of(key: str) -> dict[str, Any]:
    """Return the ids of a vendor's objects."""
    if key not in IDS:
        IDS[key] = await read_ids(key)
    return IDS[key]


async def read_ids(key: str) -> dict[str, Any]:
    """Read the ids of a vendor's objects."""
    async with open_gateway() as gateway:
        data = await gateway.data(CATALOG, key=key)
        nodes = data["provider"]["productCollections"]["nodes"]
        collection = max(nodes, key=lambda node: len(node["groups"]["nodes"]))
        groups = [
            ([one["id"] for one in group["products"]["nodes"]], group["id"])
            for group in collection["groups"]["nodes"]
            if 5 <= len(group["products"]["nodes"]) < 50 and group["name"] != "General"
        ]
        (own, group), (others, target) = groups[:2]
        added = await ungrouped(gateway) if key == "DODO" else others
        native = {one["id"]: one["nativeId"] for one in collection["groups"]["nodes"]}
    products = data["provider"]["products"]["nodes"]
    first = [one["id"] for one in products]
    return {
        "key": key,
        "collection": collection["id"],
        "groups": [one["id"] for one in collection["groups"]["nodes"]][::-1],
        "group": group,
        "target": target,
        "product": own[0],
        "two": own[:2],
        "added": added[:2],
        "two_groups": [group, target],
        "four": first[:4],
        "five": first,
        "reversed": own[::-1],
        "replaced": [added[0], *own[:0:-1]],
        "native_collection": collection["nativeId"] or "",
        "native_parent": collection["nativeId"],
        "native_group": native[group],
        "native_product": products[0]["nativeId"],
        "native_five": [one["nativeId"] for one in products],
        "sku": products[0]["sku"] or "",
    }


async def ungrouped(gateway: Gateway) -> list[str]:
    """Return the ids of Dodo's products that are in no group."""
    first = (await gateway.data(UNGROUPED))["provider"]["products"]
    data = await gateway.data(UNGROUPED, after=first["pageInfo"]["endCursor"])
    nodes = [*first["nodes"], *data["provider"]["products"]["nodes"]]
    return [node["id"] for node in nodes if not node["groups"]]


LISTS: Final = {"groups", "two", "added", "two_groups", "four", "five", "reversed", "replaced"}
TYPES: Final = dict.fromkeys(LISTS, "[ID!]!") | {
    "key": "ProviderKey!",
    "native_collection": "String!",
    "native_parent": "String",
    "native_group": "String!",
    "native_product": "String!",
    "native_five": "[String!]!",
    "sku": "String!",
}
"""The types of the variables that are not one id."""


async def methods(key: str, selection: str, kind: str, before: str = "") -> list[str]:
    """Return the methods of the calls that an operation makes with a cold cache."""
    ids = await ids_of(key)
    async with open_gateway() as gateway:
        if before:
            await gateway.data(operation("mutation", before, ids), **used(before, ids))
        simulators: Mapping[str, Any] = {
            "DODO": gateway.sandbox.dodo,
            "AXIM": gateway.sandbox.axim,
            "TWO_CHECKOUT": gateway.sandbox.two_checkout,
        }
        simulators[key].calls.clear()
        await gateway.data(operation(kind, selection, ids), **used(selection, ids))
        return [method for method, _, _ in simulators[key].calls]


def used(selection: str, ids: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that a selection uses."""
    return {name: ids[name] for name in re.findall(r"\$(\w+)", selection)}


def operation(kind: str, selection: str, ids: Mapping[str, Any]) -> str:
    """Return the document with its variables declared."""
    declared = ", ".join(f"${name}: {TYPES.get(name, 'ID!')}" for name in used(selection, ids))
    return f"{kind} ({declared}) {{ {selection} }}"


def at_provider(selection: str) -> str:
    """Select fields of a provider."""
    return f"provider(key: $key) {{ {selection} }}"


COLLECTIONS = "productCollections { nodes { name %s } }"
PRODUCTS = "products(%s) { nodes { name %s } }"

READS: Final = {
    "`capabilities`, `status`": at_provider("capabilities status { state }"),
    "`productCollections`": at_provider(COLLECTIONS % ""),
    "`productCollections { groups }`": at_provider(COLLECTIONS % "groups { nodes { name } }"),
    "`productCollections { groups { products } }`": at_provider(
        COLLECTIONS % "groups { nodes { name products { nodes { name } } } }"
    ),
    "`productCollection(id) { groups { products(first: 100) } }`": (
        "productCollection(id: $collection) { groups(first: 100) { nodes { "
        "products(first: 100) { nodes { name } } } } }"
    ),
    "`productCollection(id) { revision }`": "productCollection(id: $collection) { revision }",
    "`group(id)`": "group(id: $group) { name }",
    "`group(id) { products }`": "group(id: $group) { products { nodes { name } } }",
    "`group(id) { hasProduct }`": "group(id: $group) { hasProduct(id: $product) }",
    "`group(id) { revision }`": "group(id: $group) { revision }",
    "`group(id) { products { imageUrl } }`": (
        "group(id: $target) { products { nodes { imageUrl } } }"
    ),
    "a pricing page: `group(id) { products { price billingPeriod trialDays } }`": (
        "group(id: $group) { products { nodes { "
        "name price { amount currencyCode } billingPeriod { count unit } trialDays } } }"
    ),
    "`nodes` of 2 groups of a collection": "nodes(ids: $two_groups) { ... on Group { name } }",
    "`product(id)`": "product(id: $product) { name }",
    "`product(id) { status }`": "product(id: $product) { status }",
    "`product(id) { groups }`": "product(id: $product) { groups { name } }",
    "`nodes` of 4 products": "nodes(ids: $four) { ... on Product { name } }",
    "`nodes` of 5 products": "nodes(ids: $five) { ... on Product { name } }",
    "`products(first: 100)`": at_provider(PRODUCTS % ("first: 100", "")),
    "`products(first: 20) { groups }`": at_provider(PRODUCTS % ("first: 20", "groups { name }")),
    "`products(search)` without a match": at_provider(PRODUCTS % ('search: "no match"', "")),
    "`products(first: 20, ungrouped: true)`": at_provider(
        PRODUCTS % ("first: 20, ungrouped: true", "")
    ),
    "`groups(first: 20)` of a provider": at_provider("groups(first: 20) { nodes { name } }"),
    "`groups(search)` of a provider": at_provider('groups(search: "no match") { nodes { name } }'),
    "`productCollection(nativeId)`": at_provider(
        "productCollection(nativeId: $native_collection) { name }"
    ),
    "`group(nativeId, productCollectionNativeId)`": at_provider(
        "group(nativeId: $native_group, productCollectionNativeId: $native_parent) { name }"
    ),
    "`group(nativeId)`": at_provider("group(nativeId: $native_group) { name }"),
    "`product(nativeId)`": at_provider("product(nativeId: $native_product) { name }"),
    "`productBySku`": at_provider("productBySku(sku: $sku) { name }"),
    "`productsByNativeId` of 5 products": at_provider(
        "productsByNativeId(nativeIds: $native_five) { name }"
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("key", VENDORS)
@pytest.mark.parametrize("row", READS)
async def test_a_read_makes_the_listed_number_of_calls(row: str, key: str) -> None:
    calls = await methods(key, READS[row], "query")
    assert str(len(calls)) == table("reads")[row][COLUMNS[key]]


MUTATIONS: Final = {
    "productCollectionCreate": (
        '(provider: $key, input: {name: "A"}, group: {name: "B"}, productIds: $added)'
        " { productCollection { name }"
    ),
    "productCollectionUpdate": (
        '(id: $collection, input: {name: "A"}) { productCollection { name }'
    ),
    "productCollectionReorderGroups": (
        "(id: $collection, groupIds: $groups) { productCollection { name }"
    ),
    "productCollectionArchive": "(id: $collection) { productCollection { name }",
    "productCollectionUnarchive": "(id: $collection) { productCollection { name }",
    "groupCreate": (
        '(collectionId: $collection, input: {name: "A"}, productIds: $added) { group { name }'
    ),
    "groupUpdate": '(id: $group, input: {name: "A"}) { group { name }',
    "groupDelete": "(id: $group) {",
    "groupReorderProducts": "(id: $group, productIds: $reversed) { group { name }",
    "groupAssignProducts": "(id: $group, productIds: $added) { group { name }",
    "groupUnassignProducts": "(id: $group, productIds: $two) { group { name }",
    "groupSetProducts": "(id: $group, productIds: $replaced) { group { name }",
    "groupMoveProducts": (
        "(fromGroupId: $group, toGroupId: $target, productIds: $two)"
        " { fromGroup { name } toGroup { name }"
    ),
    "groupProductUpdate": (
        "(groupId: $group, productId: $product, input: {status: INACTIVE}) { group { name }"
    ),
}


@pytest.mark.anyio
@pytest.mark.parametrize("key", VENDORS)
@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_mutation_makes_the_listed_calls(name: str, key: str) -> None:
    before = "productCollectionArchive(id: $collection) { userErrors { code } }"
    calls = await methods(
        key,
        f"{name}{MUTATIONS[name]} userErrors {{ code }} }}",
        "mutation",
        before if name == "productCollectionUnarchive" else "",
    )
    counted = [(method, len(list(same))) for method, same in groupby(calls)]
    listed = table("mutations")[f"`{name}`"][COLUMNS[key]].replace("(GET)", "GET")
    made = ", ".join(f"{count} {method}" if count > 1 else method for method, count in counted)
    assert (made or "-") == listed


def test_the_tables_have_every_row_that_is_tested_and_no_other() -> None:
    mutation_type = build_schema()._schema.mutation_type
    assert mutation_type is not None
    assert table("reads").keys() == READS.keys()
    assert table("mutations").keys() == {f"`{name}`" for name in mutation_type.fields}
    assert MUTATIONS.keys() == mutation_type.fields.keys()
