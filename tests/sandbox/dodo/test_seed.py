"""The seed data: sizes, special cases, and the same ids at each start."""

import re
from collections import Counter
from typing import Any

import pytest

from groupgate.sandbox.dodo import DodoSimulator


@pytest.fixture
def state(dodo: DodoSimulator) -> dict[str, Any]:
    """The seed data as plain dicts."""
    return dodo.snapshot()


def _active(records: dict[str, Any]) -> list[dict[str, Any]]:
    return [record for record in records.values() if not record["archived"]]


def test_five_collections_are_active_and_one_is_archived(state: dict[str, Any]) -> None:
    sizes = {
        collection["name"]: [len(group["items"]) for group in collection["groups"]]
        for collection in state["collections"].values()
    }
    assert sizes == {
        "Kestrel CRM 2024": [3, 2],
        "Kestrel CRM": [4, 4, 5, 3],
        "Kestrel Cloud": [4, 4, 3, 0],
        "Marginalia for writers": [5, 3, 3],
        "Kestrel Academy": [20, 20, 20, 20, 20],
        "Kestrel Desk": [3, 3, 3],
    }
    assert len(_active(state["collections"])) == 5


def test_180_products_are_active_and_30_of_them_are_in_no_collection(state: dict[str, Any]) -> None:
    active = _active(state["products"])
    assert len(state["products"]) == 185
    assert len(active) == 180
    assert sum(product["collection_id"] is None for product in active) == 30


def test_one_group_is_unnamed_one_is_inactive_and_two_items_are_inactive(
    state: dict[str, Any],
) -> None:
    groups = [each for record in state["collections"].values() for each in record["groups"]]
    items = [item for group in groups for item in group["items"]]
    assert sum(group["name"] is None for group in groups) == 1
    assert [group["name"] for group in groups if not group["status"]] == ["Partners only"]
    assert sum(not item["status"] for item in items) == 2


def test_each_product_is_in_at_most_one_group(state: dict[str, Any]) -> None:
    groups = [each for record in state["collections"].values() for each in record["groups"]]
    members = [item["product_id"] for group in groups for item in group["items"]]
    assert Counter(members).most_common(1)[0][1] == 1


def test_ids_have_the_vendors_form(state: dict[str, Any]) -> None:
    assert all(re.fullmatch(r"pdc_[A-Za-z0-9]{21}", each) for each in state["collections"])
    assert all(re.fullmatch(r"pdt_[A-Za-z0-9]{21}", each) for each in state["products"])


def test_each_start_and_reset_restores_the_same_data(dodo: DodoSimulator) -> None:
    first = dodo.snapshot()
    dodo.reset()
    assert dodo.snapshot() == first
    assert DodoSimulator().snapshot() == first
