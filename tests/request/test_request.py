"""Deadline and RequestScope."""

import asyncio
from collections.abc import Mapping
from functools import partial
from math import inf

import pytest

from groupgate.domain.errors import Malformed
from groupgate.domain.refs import AccountKey, ProviderKey
from groupgate.request import (
    Deadline,
    RequestScope,
    UnreadablePlace,
    UnreadableValues,
    now,
    request_scope,
    set_response_path,
)

pytestmark = pytest.mark.anyio


async def test_no_deadline_is_infinitely_far_away() -> None:
    deadline = Deadline.after(None)
    assert (deadline.is_set, deadline.left) == (False, inf)
    assert await deadline.wait_for(asyncio.sleep(1_000_000, "done")) == "done"


async def test_deadline_returns_the_remaining_seconds() -> None:
    """Of ten seconds, four have passed."""
    deadline = Deadline.after(10)
    await asyncio.sleep(4)
    assert (deadline.left, deadline.within(60).left, deadline.within(5).left) == (6, 6, 5)


async def test_wait_for_raises_timeout_error_exactly_at_the_deadline() -> None:
    started_at = now()
    with pytest.raises(TimeoutError):
        await Deadline.after(3).wait_for(asyncio.sleep(4))
    assert now() - started_at == 3


async def test_extend_moves_a_deadline_only_to_a_later_time() -> None:
    deadline = Deadline.after(3)
    deadline.extend(Deadline.after(2))
    assert deadline.left == 3
    deadline.extend(Deadline.after(7))
    assert deadline.left == 7


async def test_closing_a_scope_cancels_its_running_tasks() -> None:
    with request_scope() as scope:
        task = scope.start(asyncio.sleep(60))
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_closed_scope_cancels_a_new_task_before_it_runs() -> None:
    runs = []

    async def work() -> None:
        runs.append(1)

    with request_scope() as scope:
        pass
    with pytest.raises(asyncio.CancelledError):
        await scope.start(work())
    assert runs == []


def unreadable(
    nulls: Mapping[str, int] | None = None, rows: Mapping[str, int] | None = None
) -> UnreadableValues:
    return UnreadableValues(nulls=nulls or {}, rows=rows or {})


def counts(scope: RequestScope) -> dict[tuple[AccountKey, str, str], int]:
    return {
        (place.provider, "/".join(map(str, place.path)), place.json_path): count
        for place, count in scope.unreadable.items()
    }


async def test_unreadable_values_are_counted_by_vendor_field_and_json_path() -> None:
    with request_scope() as scope:
        scope.note_unreadable(ProviderKey.DODO, None)
        scope.note_unreadable(ProviderKey.DODO, unreadable({"$.a": 2}, {"$.b[]": 1}))
        set_response_path(lambda: ["nodes", 1])
        scope.note_unreadable(ProviderKey.DODO, unreadable({"$.a": 1}))
        scope.note_unreadable(ProviderKey.DODO, unreadable({"$.a": 4}))
        scope.note_unreadable(ProviderKey.AXIM, unreadable({"$.a": 1}))
    assert counts(scope) == {
        (ProviderKey.DODO, "", "$.a"): 2,
        (ProviderKey.DODO, "", "$.b[]"): 1,
        (ProviderKey.DODO, "nodes/1", "$.a"): 5,
        (ProviderKey.AXIM, "nodes/1", "$.a"): 1,
    }
    assert [place for place in scope.unreadable if place.is_row] == [
        UnreadablePlace(provider=ProviderKey.DODO, path=(), json_path="$.b[]", is_row=True)
    ]


async def test_the_same_response_is_counted_once() -> None:
    """An equal report of another response counts as well."""
    values = unreadable(rows={"$[]": 1})
    with request_scope() as scope:
        for each in (values, values, unreadable(rows={"$[]": 1})):
            scope.note_unreadable(ProviderKey.DODO, each)
    assert scope.left_out_rows(ProviderKey.DODO) == 2


async def test_a_list_is_required_to_be_complete_from_a_number_of_left_out_rows_on() -> None:
    with request_scope() as scope:
        scope.note_unreadable(ProviderKey.DODO, unreadable({"$.a": 9}, {"$.b[]": 1, "$.c[]": 2}))
    assert scope.left_out_rows(ProviderKey.DODO) == 3
    scope.require_all_rows(ProviderKey.DODO, 3)
    scope.require_all_rows(ProviderKey.AXIM)
    with pytest.raises(Malformed) as caught:
        scope.require_all_rows(ProviderKey.DODO, 2)
    assert (caught.value.provider, caught.value.json_path) == (ProviderKey.DODO, "$.c[]")


async def test_a_scope_begins_and_ends_with_an_empty_path() -> None:
    paths = []
    set_response_path(lambda: ["outside"])
    for path in (["first"], ["second"]):
        with request_scope() as scope:
            scope.note_unreadable(ProviderKey.DODO, unreadable({"$": 1}))
            set_response_path(partial(tuple, path))
        paths += [place.path for place in scope.unreadable]
    assert paths == [(), ()]
