"""The new order of a group's products or a collection's groups, given as a list or as moves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from groupgate.commands.validation import MAX_LISTED_IDS, InputValidator, MemberT
from groupgate.domain.errors import Refused
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import InvalidInput, UserErrorCode

MAX_MOVES: Final = 100
"""Moves that one mutation may make."""

_MOVES: Final = "moves"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A move of one member, with its decoded id: None if the id is malformed.

    `new_position` counts from 0 in the order without the member; beyond the end is the end.
    """

    ref: Ref | None
    new_position: int


def check_order(
    validator: InputValidator,
    kind: type[MemberT],
    argument: str,
    ids: Sequence[Ref | None] | None,
    moves: Sequence[Move] | None,
) -> Callable[[tuple[MemberT, ...]], tuple[MemberT, ...]]:
    """Check the arguments of a reordering; return a function from the present to the new order.

    `argument` is the name of the list of ids. The function adds a refusal to the validator if the
    arguments do not fit the present order; its result is then not to be used.
    Raises Refused at once unless exactly one list is given, or if the list is too long.
    """
    code = UserErrorCode.NOT_A_PERMUTATION
    if ids is not None and moves is None:
        validator.set_field(code, argument)
        order = validator.check_refs(ids, kind, argument, MAX_LISTED_IDS)
        return partial(_replace_order, validator, argument, order)
    if moves is not None and ids is None:
        validator.set_field(code, _MOVES)
        return partial(_apply_moves, validator, _check_moves(validator, kind, moves))
    message = f"The mutation needs either {argument} or {_MOVES}, and not both."
    raise Refused(
        *(
            InvalidInput(message=message, code=UserErrorCode.INVALID, field=(name,))
            for name in (argument, _MOVES)
        )
    )


def _replace_order(
    validator: InputValidator,
    argument: str,
    order: tuple[MemberT, ...],
    current: tuple[MemberT, ...],
) -> tuple[MemberT, ...]:
    validator.check_permutation(current, order, argument)
    return order


def _check_moves(
    validator: InputValidator, kind: type[MemberT], moves: Sequence[Move]
) -> list[tuple[int, MemberT, int]]:
    """Return the index, the member and the new position of each move with a valid id."""
    if len(moves) > MAX_MOVES:
        message = f"The list contains {len(moves):,} moves; at most {MAX_MOVES} are allowed."
        validator.refuse_argument(message, _MOVES, code=UserErrorCode.TOO_LONG)
        validator.raise_refusals()
    valid: list[tuple[int, MemberT, int]] = []
    for index, move in enumerate(moves):
        path = (_MOVES, str(index))
        ref = validator.check_ref(move.ref, kind, *path, "id")
        if move.new_position < 0:
            message = "The new position must be 0 or greater."
            validator.refuse_argument(message, *path, "newPosition")
        if ref is not None:
            valid.append((index, ref, move.new_position))
    return valid


def _apply_moves(
    validator: InputValidator,
    moves: Sequence[tuple[int, MemberT, int]],
    current: tuple[MemberT, ...],
) -> tuple[MemberT, ...]:
    """Apply the moves one after another, each to the order that the moves before it left."""
    members, order = frozenset(current), list(current)
    for index, ref, position in moves:
        if ref in members:
            order.remove(ref)
            order.insert(position, ref)
        else:
            container = GroupRef if isinstance(ref, ProductRef) else CollectionRef
            message = f"The {ref.noun} is not in the {container.noun}."
            code = UserErrorCode.NOT_A_PERMUTATION
            validator.refuse_argument(message, _MOVES, str(index), "id", code=code)
    return tuple(order)
