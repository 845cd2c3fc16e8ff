"""Moves: applied one after another to the present order, and all their refusals."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groupgate.commands import collections, memberships
from groupgate.commands.validation import InputValidator, Move, check_order
from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused
from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey, Ref
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from tests.commands.runners import codes_and_fields, runner
from tests.fake_planner import PlanningProvider, StepRecorder, call
from tests.sample_catalog import (
    ALL_CAPABILITIES,
    COLLECTION,
    FOREIGN_GROUP,
    FOREIGN_PRODUCT,
    GROUP,
    OTHER_GROUP,
    UNKNOWN_GROUP,
    A,
    B,
    C,
    D,
    members,
    product,
    sample_provider,
)

pytestmark = pytest.mark.anyio

ELSEWHERE = GroupRef(provider=ProviderKey.DODO, collection_id="other", native_id="monthly")


def moves(*given: tuple[Ref | None, int]) -> list[Move]:
    """Return moves, each given as a ref and a position."""
    return [Move(ref=ref, new_position=position) for ref, position in given]


@pytest.mark.parametrize(
    ("given_moves", "order"),
    [
        ([(A, 1)], (B, A, C)),
        ([(A, 2)], (B, C, A)),
        ([(A, 3)], (B, C, A)),
        ([(A, 2_147_483_647)], (B, C, A)),
        ([(C, 0)], (C, A, B)),
        ([(C, 1)], (A, C, B)),
        ([(A, 2), (B, 1)], (C, B, A)),
        ([(A, 2), (A, 1)], (B, A, C)),
    ],
)
async def test_each_move_counts_from_the_order_that_the_moves_before_it_left(
    vendor: PlanningProvider, given_moves: list[tuple[Ref, int]], order: tuple[ProductRef, ...]
) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, None, moves(*given_moves))

    assert vendor.planner.requests == [("reorder_products", GROUP, order)]
    assert (result.refusals, result.calls) == ((), (call("/write"),))
    assert vendor.calls == ["forget", "get_memberships"]


async def test_groups_are_moved_in_their_collection(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await collections.reorder_groups(
        runner(vendor), COLLECTION, None, moves((GROUP, 0), (GROUP, 9))
    )

    assert vendor.planner.requests == [("reorder_groups", COLLECTION, (OTHER_GROUP, GROUP))]
    assert (result.refusals, writes.sent) == ((), ["/write"])
    assert vendor.calls == ["forget", "list_groups"]


@pytest.mark.parametrize(
    "given_moves", [[], [(A, 0)], [(C, 2), (C, 99)], [(A, 2), (A, 0)], [(B, 0), (A, 0)]]
)
async def test_moves_that_leave_the_order_as_it_is_need_no_write(
    vendor: PlanningProvider, given_moves: list[tuple[Ref, int]]
) -> None:
    result = await memberships.reorder_products(runner(vendor), GROUP, None, moves(*given_moves))

    assert (result.was_executed, result.calls, vendor.planner.requests) == (True, (), [])
    assert vendor.calls == ["forget", "get_memberships"]


async def test_groups_that_stay_where_they_are_need_no_write(vendor: PlanningProvider) -> None:
    result = await collections.reorder_groups(runner(vendor), COLLECTION, None, moves((GROUP, 0)))

    assert (result.was_executed, result.calls, vendor.planner.requests) == (True, (), [])


async def test_a_dry_run_of_moves_plans_the_write_without_sending_it(
    vendor: PlanningProvider, writes: StepRecorder
) -> None:
    result = await memberships.reorder_products(
        runner(vendor, dry_run=True), GROUP, None, moves((C, 0))
    )

    assert vendor.planner.requests == [("reorder_products", GROUP, (C, A, B))]
    assert (result.calls, writes.sent) == ((call("/write"),), [])


async def test_moves_with_another_revision_are_refused_as_stale(vendor: PlanningProvider) -> None:
    mutation = runner(vendor, if_revision="older")

    products = await memberships.reorder_products(mutation, GROUP, None, moves((C, 0)))
    groups = await collections.reorder_groups(mutation, COLLECTION, None, moves((OTHER_GROUP, 0)))

    for result in (products, groups):
        assert codes_and_fields(result.refusals) == [(UserErrorCode.STALE, ("ifRevision",))]
    assert vendor.planner.requests == []


async def test_all_invalid_moves_are_refused_together(vendor: PlanningProvider) -> None:
    result = await memberships.reorder_products(
        runner(vendor),
        GROUP,
        None,
        moves((A, 2), (None, 0), (GROUP, -1), (FOREIGN_PRODUCT, 0), (D, -1), (B, -1), (D, 0)),
    )

    assert [(refusal.message, refusal.code, refusal.field) for refusal in result.refusals] == [
        ("The value is not the id of a product.", UserErrorCode.INVALID, ("moves", "1", "id")),
        ("The value is not the id of a product.", UserErrorCode.INVALID, ("moves", "2", "id")),
        (
            "The new position must be 0 or greater.",
            UserErrorCode.INVALID,
            ("moves", "2", "newPosition"),
        ),
        (
            f"The product belongs to another provider than {vendor.name}.",
            UserErrorCode.WRONG_PROVIDER,
            ("moves", "3", "id"),
        ),
        (
            "The new position must be 0 or greater.",
            UserErrorCode.INVALID,
            ("moves", "4", "newPosition"),
        ),
        (
            "The new position must be 0 or greater.",
            UserErrorCode.INVALID,
            ("moves", "5", "newPosition"),
        ),
        (
            "The product is not in the group.",
            UserErrorCode.NOT_A_PERMUTATION,
            ("moves", "4", "id"),
        ),
        (
            "The product is not in the group.",
            UserErrorCode.NOT_A_PERMUTATION,
            ("moves", "6", "id"),
        ),
    ]
    assert vendor.planner.requests == []


async def test_a_moved_group_must_be_in_the_collection(vendor: PlanningProvider) -> None:
    result = await collections.reorder_groups(
        runner(vendor),
        COLLECTION,
        None,
        moves((OTHER_GROUP, 0), (UNKNOWN_GROUP, 0), (ELSEWHERE, 0), (A, 0), (FOREIGN_GROUP, 0)),
    )

    assert [(refusal.message, refusal.code, refusal.field) for refusal in result.refusals] == [
        ("The value is not the id of a group.", UserErrorCode.INVALID, ("moves", "3", "id")),
        (
            f"The group belongs to another provider than {vendor.name}.",
            UserErrorCode.WRONG_PROVIDER,
            ("moves", "4", "id"),
        ),
        *(
            (
                "The group is not in the collection.",
                UserErrorCode.NOT_A_PERMUTATION,
                ("moves", index, "id"),
            )
            for index in ("1", "2")
        ),
    ]
    assert vendor.planner.requests == []


async def test_a_missing_group_is_refused_together_with_invalid_moves(
    vendor: PlanningProvider,
) -> None:
    result = await memberships.reorder_products(
        runner(vendor), UNKNOWN_GROUP, None, moves((A, -1), (A, 0))
    )

    assert codes_and_fields(result.refusals) == [
        (UserErrorCode.INVALID, ("moves", "0", "newPosition")),
        (UserErrorCode.NOT_FOUND, ("id",)),
    ]


@pytest.mark.parametrize("given_moves", [None, [], [(A, 0)]])
async def test_either_ids_or_moves_are_required_and_both_are_refused_without_a_call(
    vendor: PlanningProvider, given_moves: list[tuple[Ref, int]] | None
) -> None:
    listed_moves = None if given_moves is None else moves(*given_moves)
    listed: Sequence[Ref] | None = None if given_moves is None else [A]
    with pytest.raises(Refused) as products:
        await memberships.reorder_products(runner(vendor), GROUP, listed, listed_moves)
    with pytest.raises(Refused) as groups:
        await collections.reorder_groups(runner(vendor), COLLECTION, listed, listed_moves)

    for caught, argument in ((products, "productIds"), (groups, "groupIds")):
        message = f"The mutation needs either {argument} or moves, and not both."
        assert caught.value.refusals == (
            InvalidInput(message=message, code=UserErrorCode.INVALID, field=(argument,)),
            InvalidInput(message=message, code=UserErrorCode.INVALID, field=("moves",)),
        )
    assert vendor.calls == []


async def test_at_most_a_hundred_moves_are_made(vendor: PlanningProvider) -> None:
    thousand = [product(str(number)) for number in range(1000)]
    vendor.memberships = {GROUP: members(*thousand)}
    hundred = [(ref, 0) for ref in thousand[900:]]

    result = await memberships.reorder_products(runner(vendor), GROUP, None, moves(*hundred))
    vendor.calls.clear()
    with pytest.raises(Refused) as caught:
        await memberships.reorder_products(runner(vendor), GROUP, None, moves(*hundred, (A, -1)))

    assert result.refusals == ()
    order = (*reversed(thousand[900:]), *thousand[:900])
    assert vendor.planner.requests == [("reorder_products", GROUP, order)]
    assert caught.value.refusals == (
        InvalidInput(
            message="The list contains 101 moves; at most 100 are allowed.",
            code=UserErrorCode.TOO_LONG,
            field=("moves",),
        ),
    )
    assert vendor.calls == []


@pytest.mark.parametrize(("listed", "field"), [([C, A, B], "productIds"), (None, "moves")])
async def test_an_order_that_the_planner_finds_outdated_is_refused_with_the_given_argument(
    vendor: PlanningProvider, listed: Sequence[Ref] | None, field: str
) -> None:
    outdated = InvalidInput(message="Outdated.", code=UserErrorCode.NOT_A_PERMUTATION)
    vendor.planner.failure = Refused(outdated)
    moved = moves((C, 0)) if listed is None else None

    result = await memberships.reorder_products(runner(vendor), GROUP, listed, moved)

    assert codes_and_fields(result.refusals) == [(UserErrorCode.NOT_A_PERMUTATION, (field,))]


async def test_moves_are_refused_without_a_call_if_the_vendor_keeps_no_order() -> None:
    capabilities = {
        Capability.GROUP_REORDER_PRODUCTS,
        Capability.PRODUCT_COLLECTION_REORDER_GROUPS,
    }
    vendor, invalid = sample_provider(ALL_CAPABILITIES - capabilities), moves((None, -1))
    with pytest.raises(Refused) as products:
        await memberships.reorder_products(runner(vendor), GROUP, None, invalid)
    with pytest.raises(Refused) as groups:
        await collections.reorder_groups(runner(vendor), COLLECTION, None, invalid)

    for caught in (products, groups):
        assert codes_and_fields(caught.value.refusals) == [(UserErrorCode.UNSUPPORTED, None)]
    assert vendor.calls == []


RANDOM_MOVES = st.integers(1, 12).flatmap(
    lambda size: st.tuples(
        st.just(size),
        st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, size + 2)), max_size=100),
    )
)
"""A number of members, and moves: the number of a member and its new position."""

each_list_of_moves = settings(max_examples=200, derandomize=True, deadline=None)


def order_after(size: int, drawn: Sequence[tuple[int, int]]) -> list[int]:
    """Move numbers of a list, one after another, by cutting the list in two."""
    order = list(range(size))
    for number, position in drawn:
        others = [each for each in order if each != number]
        order = [*others[:position], number, *others[position:]]
    return order


@each_list_of_moves
@given(RANDOM_MOVES)
def test_random_moves_of_products_give_the_order_of_a_list(
    random_moves: tuple[int, list[tuple[int, int]]],
) -> None:
    size, drawn = random_moves
    refs = tuple(product(str(number)) for number in range(size))
    given_moves = moves(*((refs[number], position) for number, position in drawn))
    validator = InputValidator(sample_provider(), Capability.GROUP_REORDER_PRODUCTS)

    new_order = check_order(validator, ProductRef, "productIds", None, given_moves)

    assert new_order(refs) == tuple(refs[number] for number in order_after(size, drawn))
    validator.raise_refusals()


@each_list_of_moves
@given(RANDOM_MOVES)
def test_random_moves_of_groups_give_the_order_of_a_list(
    random_moves: tuple[int, list[tuple[int, int]]],
) -> None:
    size, drawn = random_moves
    refs = tuple(
        GroupRef(provider=ProviderKey.DODO, collection_id="suite", native_id=str(number))
        for number in range(size)
    )
    given_moves = moves(*((refs[number], position) for number, position in drawn))
    validator = InputValidator(sample_provider(), Capability.PRODUCT_COLLECTION_REORDER_GROUPS)

    new_order = check_order(validator, GroupRef, "groupIds", None, given_moves)

    assert new_order(refs) == tuple(refs[number] for number in order_after(size, drawn))
    validator.raise_refusals()
