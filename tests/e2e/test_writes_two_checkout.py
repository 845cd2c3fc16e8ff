"""Mutations at 2Checkout: the exact calls and the vendor's state afterwards."""

from collections.abc import Sequence
from typing import Any

import pytest

from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.documents import GROUP, PLAN, USER_ERRORS, mutate
from tests.e2e.gateway import Gateway
from tests.e2e.transports import ConcurrencyCounter
from tests.providers.reads import take_calls
from tests.providers.two_checkout.seed import (
    COLLECTION,
    LEGACY,
    UTILITIES,
    moved_products,
    product_ref,
    products_by_group,
)

pytestmark = pytest.mark.anyio

MEMBERS = "group { name products(first: 100) { nodes { nativeId } } }"
UNSUPPORTED = "userErrors { code field ... on UnsupportedError { capability provider { key } } }"

ONE_GROUP = "/productgroups/F00DBABE42/"
ODD = ["my product 1", "C/C++ Toolkit", "50%-off bundle", "日本語入力", "what?#1"]
ODD_IN_LEGACY = [
    "/products/my%20product%201/productgroups/F00DBABE42/",
    "/products/C%2FC%2B%2B%20Toolkit/productgroups/F00DBABE42/",
    "/products/50%25-off%20bundle/productgroups/F00DBABE42/",
    "/products/%E6%97%A5%E6%9C%AC%E8%AA%9E%E5%85%A5%E5%8A%9B/productgroups/F00DBABE42/",
    "/products/what%3F%231/productgroups/F00DBABE42/",
]


@pytest.fixture
def two_checkout(gateway: Gateway) -> TwoCheckoutSimulator:
    """Return the simulator."""
    return gateway.sandbox.two_checkout


def ids(codes: Sequence[str]) -> list[str]:
    """Return global ids of products."""
    return [encode_id(product_ref(code)) for code in codes]


def in_group(codes: Sequence[str], group: str) -> list[str]:
    """Return the paths of products in a group; their codes need no encoding."""
    return [f"/products/{code}/productgroups/{group}/" for code in codes]


def format_plan(method: str, paths: Sequence[str]) -> list[dict[str, str]]:
    """Return a plan of calls with one method."""
    return [{"method": method, "path": path} for path in paths]


async def assert_unsupported(
    gateway: Gateway, name: str, capability: str, **arguments: Any
) -> None:
    """Assert that the mutation is unsupported and takes no call."""
    payload = await mutate(
        gateway, name, f"group {{ id }} {PLAN} {UNSUPPORTED}", id=encode_id(UTILITIES), **arguments
    )
    error = {
        "code": "UNSUPPORTED",
        "field": None,
        "capability": capability,
        "provider": {"key": "TWO_CHECKOUT"},
    }
    assert payload == {"group": None, "plan": [], "userErrors": [error]}
    assert gateway.call_counts() == {}


async def test_an_update_is_refused_without_a_call(gateway: Gateway) -> None:
    await assert_unsupported(gateway, "groupUpdate", "GROUP_UPDATE", input={"name": "Tools"})


async def test_a_reorder_of_twenty_is_refused_without_a_call(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    products = ids(products_by_group(two_checkout)["Utilities"][::-1])
    assert len(products) == 20
    await assert_unsupported(
        gateway, "groupReorderProducts", "GROUP_REORDER_PRODUCTS", productIds=products
    )


async def test_an_assignment_of_twenty_takes_twenty_posts_eight_at_once(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator, concurrency: ConcurrencyCounter
) -> None:
    """They leave their old group."""
    codes = products_by_group(two_checkout)["Antivirus"][:20]
    paths = in_group(codes, "F00DBABE42")
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"assignedProductIds {USER_ERRORS} {PLAN}",
        id=encode_id(LEGACY),
        productIds=ids(codes),
    )
    assert take_calls(two_checkout) == [("POST", path, None) for path in paths]
    assert (len(paths), concurrency.highest) == (20, 8)
    assert payload == {
        "assignedProductIds": ids(codes),
        "userErrors": [],
        "plan": format_plan("POST", paths),
    }
    assert moved_products(two_checkout) == dict.fromkeys(codes, "Legacy")


async def test_product_codes_are_percent_encoded(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    """Also in the plan; selecting a group and its products takes a read each."""
    payload = await mutate(
        gateway,
        "groupAssignProducts",
        f"{MEMBERS} {USER_ERRORS} {PLAN}",
        id=encode_id(LEGACY),
        productIds=ids(ODD),
    )
    assert take_calls(two_checkout) == [
        *(("POST", path, None) for path in ODD_IN_LEGACY),
        ("GET", ONE_GROUP, None),
        ("GET", "/products/?GroupName=Legacy&Limit=200&Page=1", None),
    ]
    assert payload == {
        "group": {
            "name": "Legacy",
            "products": {"nodes": [{"nativeId": code} for code in ODD]},
        },
        "userErrors": [],
        "plan": format_plan("POST", ODD_IN_LEGACY),
    }
    assert moved_products(two_checkout) == dict.fromkeys(ODD, "Legacy")


async def test_an_unassignment_of_twenty_takes_twenty_deletes_eight_at_once(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator, concurrency: ConcurrencyCounter
) -> None:
    """They move to the general group."""
    codes = products_by_group(two_checkout)["Utilities"]
    paths = in_group(codes, "12E4567890")
    payload = await mutate(
        gateway,
        "groupUnassignProducts",
        f"unassignedProductIds {USER_ERRORS} {PLAN}",
        id=encode_id(UTILITIES),
        productIds=ids(codes),
    )
    assert take_calls(two_checkout) == [("DELETE", path, None) for path in paths]
    assert (len(paths), concurrency.highest) == (20, 8)
    assert payload == {
        "unassignedProductIds": ids(codes),
        "userErrors": [],
        "plan": format_plan("DELETE", paths),
    }
    assert moved_products(two_checkout) == dict.fromkeys(codes, "General")


async def test_setting_the_current_products_only_reads(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    """In any order of the products."""
    codes = products_by_group(two_checkout)["Utilities"]
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{USER_ERRORS} {PLAN}",
        id=encode_id(UTILITIES),
        productIds=ids(codes[::-1]),
    )
    assert take_calls(two_checkout) == [
        ("GET", "/productgroups/12E4567890/", None),
        ("GET", "/products/?GroupName=Utilities&Limit=200&Page=1", None),
    ]
    assert payload == {"userErrors": [], "plan": []}
    assert moved_products(two_checkout) == {}


async def test_setting_products_adds_before_it_removes(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    current = products_by_group(two_checkout)["Utilities"]
    added = products_by_group(two_checkout)["Antivirus"][:2]
    posts = in_group(added, "12E4567890")
    deletes = in_group(current[2:], "12E4567890")
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{USER_ERRORS} {PLAN}",
        id=encode_id(UTILITIES),
        productIds=ids([*current[:2], *added]),
    )
    assert take_calls(two_checkout)[2:] == [
        *(("POST", path, None) for path in posts),
        *(("DELETE", path, None) for path in deletes),
    ]
    assert payload == {
        "userErrors": [],
        "plan": [*format_plan("POST", posts), *format_plan("DELETE", deletes)],
    }
    assert moved_products(two_checkout) == dict.fromkeys(added, "Utilities") | dict.fromkeys(
        current[2:], "General"
    )


async def test_setting_products_removes_none_if_one_could_not_be_added(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    """The products that were not removed have an error besides the unknown one's."""
    current = products_by_group(two_checkout)["Utilities"]
    added = products_by_group(two_checkout)["Antivirus"][0]
    payload = await mutate(
        gateway,
        "groupSetProducts",
        f"{USER_ERRORS} {PLAN}",
        id=encode_id(UTILITIES),
        productIds=ids([*current[1:], "no such product", added]),
    )
    assert payload == {
        "userErrors": [
            {
                "__typename": "NotFoundError",
                "code": "NOT_FOUND",
                "field": ["productIds", "19"],
            },
            {"__typename": "IncompleteError", "code": "INCOMPLETE", "field": None},
        ],
        "plan": format_plan("POST", in_group([added], "12E4567890")),
    }
    assert moved_products(two_checkout) == {added: "Utilities"}


async def test_a_move_takes_one_post_for_each_product(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    """Adding them to another group removes them from the first."""
    codes = products_by_group(two_checkout)["Utilities"][:3]
    payload = await mutate(
        gateway,
        "groupMoveProducts",
        f"{USER_ERRORS}",
        fromGroupId=encode_id(UTILITIES),
        toGroupId=encode_id(LEGACY),
        productIds=ids(codes),
    )
    assert take_calls(two_checkout)[2:] == [
        ("POST", path, None) for path in in_group(codes, "F00DBABE42")
    ]
    assert payload == {"userErrors": []}
    assert moved_products(two_checkout) == dict.fromkeys(codes, "Legacy")


async def test_a_new_group_is_found_by_its_name_and_returned_without_another_read(
    gateway: Gateway, two_checkout: TwoCheckoutSimulator
) -> None:
    """Its code is `{new}` in the plan."""
    codes = products_by_group(two_checkout)["Utilities"][:2]
    payload = await mutate(
        gateway,
        "groupCreate",
        f"{GROUP} {USER_ERRORS} {PLAN}",
        collectionId=encode_id(COLLECTION),
        input={"name": "Bäckerei", "description": "Bread", "templateName": "Wide"},
        productIds=ids(codes),
    )
    code = next(
        group["Code"] for group in two_checkout.snapshot()["groups"] if group["Name"] == "Bäckerei"
    )
    body = {"Code": None, "Name": "Bäckerei", "TemplateName": "Wide", "Description": "Bread"}
    assert take_calls(two_checkout) == [
        ("POST", "/productgroups/", body),
        ("GET", "/productgroups/", None),
        *(("POST", path, None) for path in in_group(codes, code)),
    ]
    assert (payload["group"]["name"], payload["group"]["templateName"]) == ("Bäckerei", "Wide")
    assert payload["userErrors"] == []
    assert payload["plan"] == format_plan("POST", ["/productgroups/", *in_group(codes, "{new}")])
    assert moved_products(two_checkout) == dict.fromkeys(codes, "Bäckerei")
