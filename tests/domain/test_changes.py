"""Changes distinguish a field that is left unchanged, cleared, and set."""

import pytest

from groupgate.domain.catalog import GroupAccess, GroupStatus
from groupgate.domain.changes import UNSET, CollectionChange, GroupChange, Unset


def test_every_field_is_left_unchanged_by_default() -> None:
    group, collection = GroupChange(), CollectionChange()

    assert [
        group.name,
        group.status,
        group.access,
        group.description,
        group.template_name,
        collection.name,
        collection.description,
    ] == [UNSET] * 7
    assert (group.is_empty, collection.is_empty) == (True, True)


def test_unset_is_neither_none_nor_an_empty_text() -> None:
    assert list(Unset) == [UNSET]
    assert UNSET.value == "UNSET"
    changes = {GroupChange(), GroupChange(description=None), GroupChange(description="")}
    assert len(changes) == 3


@pytest.mark.parametrize(
    "change",
    [
        GroupChange(name=None),
        GroupChange(name="Monthly"),
        GroupChange(status=GroupStatus.ACTIVE),
        GroupChange(access=GroupAccess.OPEN),
        GroupChange(description=None),
        GroupChange(description=""),
        GroupChange(template_name=None),
        CollectionChange(name="Suite"),
        CollectionChange(description=None),
        CollectionChange(description=""),
    ],
    ids=repr,
)
def test_a_change_that_sets_or_clears_a_field_is_not_empty(
    change: GroupChange | CollectionChange,
) -> None:
    assert change.is_empty is False
