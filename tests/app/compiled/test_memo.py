"""The JSON of objects and lists that is kept: for which selection, and until when."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

from groupgate.app.compiled.values import MAX_REMEMBERED_BYTES, remember, remember_list
from groupgate.domain.catalog import Memo


class Entity(Struct, kw_only=True):
    """An object of a catalogue with its memo."""

    memo: Memo | None = None


class Item(Struct):
    """The GraphQL type of an entity."""

    entity: Entity


def recorded_reader(result: Mapping[str, str]) -> tuple[Callable[[Any], Any], list[Item]]:
    """Return what `remember` makes of a reader, and the items that this reads."""
    items: list[Item] = []

    def read(item: Item) -> Mapping[str, str]:
        items.append(item)
        return result

    return remember(read), items


def test_an_object_is_read_twice_and_then_recalled() -> None:
    read, items = recorded_reader({"name": "Pro"})
    item = Item(Entity(memo=Memo()))
    results = [msgspec.json.encode(read(item)) for _ in range(4)]
    assert results == [b'{"name":"Pro"}'] * 4
    assert items == [item, item]


def test_another_selection_does_not_get_what_was_kept_for_the_first() -> None:
    read, items = recorded_reader({"name": "Pro"})
    read_other, other_items = recorded_reader({"title": "Pro"})
    item = Item(Entity(memo=Memo()))
    first = [msgspec.json.encode(read(item)) for _ in range(3)]
    others = [msgspec.json.encode(read_other(item)) for _ in range(3)]
    again = msgspec.json.encode(read(item))
    assert (first[2], others, again) == (first[0], [b'{"title":"Pro"}'] * 3, first[0])
    assert (len(items), len(other_items)) == (3, 2)


def test_a_long_object_and_one_without_a_memo_are_not_kept() -> None:
    long = {"name": "x" * MAX_REMEMBERED_BYTES}
    for entity, result in [(Entity(memo=Memo()), long), (Entity(), {"name": "Pro"})]:
        read, items = recorded_reader(result)
        assert [read(Item(entity)) for _ in range(3)] == [result] * 3
        assert len(items) == 3
        assert entity.memo is None or entity.memo.json is None


class List(Struct):
    """A list with its memo."""

    items: list[Item]
    memo: Memo = field(default_factory=Memo)


def recorded_list(result: Mapping[str, str]) -> tuple[Callable[[List], Any], list[Item]]:
    """Return what `remember_list` makes of a reader, and the items that this reads."""
    items: list[Item] = []

    def read(item: Item) -> Mapping[str, str]:
        items.append(item)
        return result

    return remember_list(attrgetter("memo"), attrgetter("items"), read), items


def two_items() -> list[Item]:
    return [Item(Entity(memo=Memo())) for _ in range(2)]


def test_a_list_is_read_twice_and_then_recalled_as_a_whole() -> None:
    read, items = recorded_list({"name": "Pro"})
    source = List(two_items())
    results = [read(source) for _ in range(4)]
    assert [msgspec.json.encode(result) for result in results] == [
        b'[{"name":"Pro"},{"name":"Pro"}]'
    ] * 4
    assert isinstance(results[2], Raw)
    assert results[2] is results[3]
    assert items == source.items * 2


def test_the_objects_of_another_list_are_recalled_until_that_list_is() -> None:
    """The memory holds the JSON of each object once."""
    read, items = recorded_list({"name": "Pro"})
    first = List(two_items())
    read(first)
    other = List(first.items)
    assert msgspec.json.encode(read(other)) == b'[{"name":"Pro"},{"name":"Pro"}]'
    assert all(item.entity.memo and item.entity.memo.json for item in first.items)
    read(other)
    assert not any(item.entity.memo and item.entity.memo.json for item in first.items)
    assert len(items) == 6


def test_another_selection_of_a_list_does_not_get_what_was_kept_for_the_first() -> None:
    read, _ = recorded_list({"name": "Pro"})
    read_other, _ = recorded_list({"title": "Pro"})
    source = List([Item(Entity(memo=Memo()))])
    first = [msgspec.json.encode(read(source)) for _ in range(3)]
    others = [msgspec.json.encode(read_other(source)) for _ in range(3)]
    again = msgspec.json.encode(read(source))
    assert (first[2], others, again) == (first[0], [b'[{"title":"Pro"}]'] * 3, first[0])


def test_a_list_of_long_objects_is_not_kept() -> None:
    result = {"name": "x" * MAX_REMEMBERED_BYTES}
    read, items = recorded_list(result)
    source = List(two_items())
    assert [read(source) for _ in range(3)] == [[result, result]] * 3
    assert len(items) == 6
    assert source.memo.json is None
