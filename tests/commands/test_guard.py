"""All that is wrong with an input is found together, each thing with its argument, and no call."""

from collections.abc import Callable
from functools import partial

import pytest

from groupgate.commands.validation import InputValidator, gone
from groupgate.domain.capabilities import Capability
from groupgate.domain.catalog import GroupAccess, GroupStatus
from groupgate.domain.changes import CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import (
    Conflict,
    InvalidInput,
    NotFound,
    Refusal,
    Unsupported,
    UserErrorCode,
)
from tests.little_shop import (
    COLLECTION,
    EVERYTHING,
    FOREIGN,
    FOREIGN_GROUP,
    GROUP,
    OTHER,
    A,
    B,
    C,
    shop,
)

IMPLICIT = CollectionRef(provider=ProviderKey.DODO)


def validator(*lacks: Capability) -> InputValidator:
    """A guard at a shop that can update groups, and all else but this."""
    return InputValidator(shop(EVERYTHING - set(lacks)), Capability.GROUP_UPDATE)


def found(begun: InputValidator) -> list[tuple[UserErrorCode, tuple[str, ...] | None]]:
    """Code and field of all that was found."""
    return [(refusal.code, refusal.field) for refusal in refused_by(begun.settle)]


def refused_by(check: Callable[[], object]) -> tuple[Refusal, ...]:
    """The refusals that a check raises."""
    with pytest.raises(Refused) as caught:
        check()
    return caught.value.refusals


def test_what_the_vendor_cannot_do_at_all_is_refused_alone_and_at_once() -> None:
    vendor = shop(EVERYTHING - {Capability.GROUP_DELETE})

    (refusal,) = refused_by(lambda: InputValidator(vendor, Capability.GROUP_DELETE))

    assert refusal == Unsupported(
        message="The shop has no GROUP_DELETE.",
        provider=ProviderKey.DODO,
        capability=Capability.GROUP_DELETE,
    )
    assert vendor.calls == []


def test_a_guard_that_found_nothing_lets_pass() -> None:
    validator().settle()


def test_a_good_list_is_returned_in_its_order() -> None:
    begun = validator()

    assert begun.listed([B, A], ProductRef, "productIds", 100) == (B, A)
    begun.settle()


def test_every_id_of_a_list_is_told_with_its_place() -> None:
    begun = validator()
    given: list[Ref | None] = [A, None, FOREIGN, GROUP, A, B, A]

    assert begun.listed(given, ProductRef, "productIds", 100) == (A, B)
    assert found(begun) == [
        (UserErrorCode.INVALID, ("productIds", "1")),
        (UserErrorCode.WRONG_PROVIDER, ("productIds", "2")),
        (UserErrorCode.INVALID, ("productIds", "3")),
        (UserErrorCode.DUPLICATE, ("productIds", "4")),
        (UserErrorCode.DUPLICATE, ("productIds", "6")),
    ]


def test_as_many_ids_as_allowed_pass_and_one_more_does_not() -> None:
    ids = [ProductRef(provider=ProviderKey.DODO, native_id=str(number)) for number in range(101)]

    assert len(validator().listed(ids[:100], ProductRef, "productIds", 100)) == 100
    (refusal,) = refused_by(lambda: validator().listed(ids, ProductRef, "productIds", 100))
    assert refusal == InvalidInput(
        message="At most 100 ids may be given, not 101.",
        code=UserErrorCode.TOO_LONG,
        field=("productIds",),
    )


def test_too_long_a_list_is_told_with_what_was_found_before_but_its_ids_are_not_looked_at() -> None:
    begun = validator()
    begun.invalid("Wrong.", "input")

    refusals = refused_by(lambda: begun.listed([None] * 11, ProductRef, "productIds", 10))

    assert [refusal.field for refusal in refusals] == [("input",), ("productIds",)]


@pytest.mark.parametrize("name", ["", "   ", "\t\n"])
def test_a_blank_name_is_refused(name: str) -> None:
    begun = validator()
    begun.group_change(GroupChange(name=name), "input")

    assert found(begun) == [(UserErrorCode.BLANK, ("input", "name"))]


def test_a_name_is_cleared_only_where_groups_may_be_unnamed() -> None:
    validator().group_change(GroupChange(name=None), "input")
    begun = validator(Capability.GROUP_UNNAMED)
    begun.group_change(GroupChange(name=None), "input")

    assert found(begun) == [(UserErrorCode.BLANK, ("input", "name"))]


def test_a_name_left_out_is_missing_only_where_something_new_needs_one() -> None:
    validator(Capability.GROUP_UNNAMED).group_change(GroupChange(), "input")
    validator().group_change(GroupChange(), "group", is_new=True)
    validator().collection_change(CollectionChange())
    begun = validator(Capability.GROUP_UNNAMED)
    begun.collection_change(CollectionChange(), is_new=True)
    begun.group_change(GroupChange(), "group", is_new=True)

    assert found(begun) == [
        (UserErrorCode.BLANK, ("input", "name")),
        (UserErrorCode.BLANK, ("group", "name")),
    ]


def test_every_field_that_the_vendor_does_not_know_is_told() -> None:
    lacks = (
        Capability.GROUP_STATUS,
        Capability.GROUP_ACCESS,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
    )
    change = GroupChange(
        status=GroupStatus.ACTIVE,
        access=GroupAccess.OPEN,
        description=None,
        template_name="Plain",
    )
    validator().group_change(change, "input")
    begun = validator(*lacks)
    begun.group_change(change, "input")

    refusals = refused_by(begun.settle)

    assert [refusal.capability for refusal in refusals if isinstance(refusal, Unsupported)] == [
        *lacks
    ]
    assert [refusal.field for refusal in refusals] == [
        ("input", "status"),
        ("input", "access"),
        ("input", "description"),
        ("input", "templateName"),
    ]


def test_null_is_unsupported_where_the_field_is_and_else_invalid() -> None:
    begun = validator(Capability.GROUP_ACCESS)
    begun.null("input", "status")
    begun.null("input", "access")

    assert found(begun) == [
        (UserErrorCode.INVALID, ("input", "status")),
        (UserErrorCode.UNSUPPORTED, ("input", "access")),
    ]


def test_what_is_to_be_changed_must_be_able_to_exist() -> None:
    implicit = GroupRef(provider=ProviderKey.DODO, native_id="1")
    for ref in (implicit, IMPLICIT):
        assert refused_by(partial(validator().target, ref, "id")) == (
            NotFound(message="It does not exist, or no longer.", about=ref, field=("id",)),
        )
        validator(Capability.COLLECTIONS).target(ref, "id")
    for ref in (GROUP, COLLECTION):
        validator().target(ref, "id")
        assert refused_by(partial(validator(Capability.COLLECTIONS).target, ref, "id"))


def test_a_group_that_cannot_exist_is_not_found_where_another_one_is_named() -> None:
    begun = validator()
    nowhere = GroupRef(provider=ProviderKey.DODO, native_id="1")

    assert begun.own(nowhere, GroupRef, "toGroupId") is None
    assert begun.own(FOREIGN_GROUP, GroupRef, "toGroupId") is None
    assert begun.own(OTHER, GroupRef, "toGroupId") == OTHER
    assert found(begun) == [
        (UserErrorCode.NOT_FOUND, ("toGroupId",)),
        (UserErrorCode.WRONG_PROVIDER, ("toGroupId",)),
    ]


def test_a_refusal_of_the_vendor_gets_the_argument_that_names_what_it_is_about() -> None:
    begun = validator()
    begun.target(GROUP, "id")
    begun.listed([A, B], ProductRef, "productIds", 100)
    about: list[Ref | None] = [GROUP, COLLECTION, B, C, None]

    located = [
        begun.located(Conflict(message="", code=UserErrorCode.LAST_PRODUCT, about=ref)).field
        for ref in about
    ]

    assert located == [("id",), ("id",), ("productIds", "1"), None, None]


def test_a_refusal_that_names_its_argument_keeps_it() -> None:
    begun = validator()
    begun.target(GROUP, "id")
    refusal = InvalidInput(message="", code=UserErrorCode.INVALID, field=("input",), about=GROUP)

    assert begun.located(refusal) is refusal


def test_a_name_that_is_taken_is_that_of_the_input() -> None:
    taken = Conflict(message="", code=UserErrorCode.TAKEN, about=GROUP, conflicting_ref=OTHER)
    for name in ("New", None):
        begun = validator()
        begun.target(GROUP, "id")
        begun.group_change(GroupChange(name=name), "input")
        assert begun.located(taken).field == ("input", "name")


def test_what_the_vendor_refuses_is_told_after_what_the_guard_found() -> None:
    begun = validator()
    begun.target(GROUP, "id")
    begun.invalid("Wrong.", "input")

    refusals = refused_by(lambda: begun.settle([gone(GROUP)]))

    assert [refusal.field for refusal in refusals] == [("input",), ("id",)]
