"""Validation of a mutation's arguments. All refusals are collected and reported together."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import UNSET, Absent, CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import (
    Field,
    InvalidInput,
    Refusal,
    Unsupported,
    UserErrorCode,
    not_found,
)

RefT = TypeVar("RefT", CollectionRef, GroupRef, ProductRef)
MemberT = TypeVar("MemberT", GroupRef, ProductRef)

MAX_CHANGED_PRODUCTS: Final = 100
"""Products that one mutation may add or remove."""

MAX_LISTED_IDS: Final = 1_000
"""Ids in a list that contains all products of a group, or all groups of a collection."""

MAX_MOVES: Final = 100
"""Moves that one mutation may make."""

_MOVES: Final = "moves"

_CAPABILITY_OF_FIELD: Final = {
    "status": Capability.GROUP_STATUS,
    "access": Capability.GROUP_ACCESS,
    "description": Capability.GROUP_DESCRIPTION,
    "templateName": Capability.GROUP_TEMPLATE,
}
"""The capability that a vendor needs for a field of a group to be set."""


class InputValidator:
    """Collects the refusals of one mutation at one vendor.

    Remembers which argument contains which id, so that refusals of the vendor's planner are
    reported for the right argument. Makes no upstream calls.
    """

    def __init__(self, provider: Provider, capability: Capability) -> None:
        """Raise Refused if the vendor does not support the mutation at all."""
        self._provider = provider
        self._field_by_ref: dict[Ref, Field] = {}
        self._field_by_code: dict[UserErrorCode, Field] = {}
        self._refusals: list[Refusal] = []
        self.require(capability)
        self.raise_refusals()

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The refusals collected so far, each only once."""
        return tuple(dict.fromkeys(self._refusals))

    def raise_refusals(self, more: Iterable[Refusal] = ()) -> None:
        """Raise Refused if there are any refusals, the collected ones first; each only once."""
        refusals = dict.fromkeys([*self._refusals, *map(self.with_field, more)])
        if refusals:
            raise Refused(*refusals)

    def with_field(self, refusal: Refusal) -> Refusal:
        """Return the refusal with the argument that contains the object it is about."""
        if refusal.field:
            return refusal
        field = self._field_by_code.get(refusal.code)
        if field is None and refusal.about is not None:
            field = self._field_by_ref.get(refusal.about)
        return refusal if field is None else replace(refusal, field=field)

    def set_field(self, code: UserErrorCode, *field: str) -> None:
        """Set the argument of refusals that have this code and no field; only the first call."""
        self._field_by_code.setdefault(code, field)

    def refuse(self, refusal: Refusal) -> None:
        """Add a refusal; its argument is found by its `about`."""
        self._refusals.append(self.with_field(refusal))

    def refuse_argument(
        self, message: str, *field: str, code: UserErrorCode = UserErrorCode.INVALID
    ) -> None:
        """Add a refusal of the argument at this path."""
        self._refusals.append(InvalidInput(message=message, code=code, field=field))

    def require(self, capability: Capability, *field: str) -> None:
        """Add a refusal if the vendor does not have this capability."""
        if capability in self._provider.capabilities:
            return
        self._refusals.append(
            Unsupported(
                message=f"{self._provider.name} does not support {capability.value}.",
                field=field or None,
                provider=self._provider.key,
                capability=capability,
            )
        )

    def check_target(self, ref: CollectionRef | GroupRef, *field: str) -> None:
        """Set the object to change; raise Refused at once if it cannot exist."""
        self._field_by_ref[ref] = field
        if isinstance(ref, GroupRef):
            self._field_by_ref.setdefault(ref.collection, field)
        if not self._can_exist(ref):
            self.raise_refusals([not_found(ref)])

    def check_ref(self, ref: Ref | None, kind: type[RefT], *field: str) -> RefT | None:
        """Check the kind and the vendor of a decoded id; return the ref only if it is valid."""
        if not isinstance(ref, kind):
            self.refuse_argument(f"The value is not the id of a {kind.noun}.", *field)
            return None
        if ref.provider != self._provider.key:
            message = f"The {kind.noun} belongs to {self._another(ref)}."
            self.refuse_argument(message, *field, code=UserErrorCode.WRONG_PROVIDER)
            return None
        self._field_by_ref.setdefault(ref, field)
        if isinstance(ref, CollectionRef | GroupRef) and not self._can_exist(ref):
            self.refuse(not_found(ref))
            return None
        return ref

    def _another(self, ref: Ref) -> str:
        """Return what a ref belongs to, in words: another vendor or another account."""
        own, name = self._provider.key, self._provider.name
        if ref.provider.vendor is own.vendor:
            return f"another account of {name} than {own.account}"
        return f"another provider than {name}"

    def check_refs(
        self, refs: Sequence[Ref | None], kind: type[RefT], field: str, limit: int
    ) -> tuple[RefT, ...]:
        """Check a list of decoded ids; return the valid ones without duplicates.

        Raises Refused at once if the list is longer than the limit.
        """
        if len(refs) > limit:
            message = f"The list contains {len(refs):,} ids; at most {limit:,} are allowed."
            self.refuse_argument(message, field, code=UserErrorCode.TOO_LONG)
            self.raise_refusals()
        valid: dict[RefT, None] = {}
        for index, given in enumerate(refs):
            ref = self.check_ref(given, kind, field, str(index))
            if ref is not None and ref in valid:
                message = f"The list contains this {kind.noun} more than once."
                self.refuse_argument(message, field, str(index), code=UserErrorCode.DUPLICATE)
            elif ref is not None:
                valid[ref] = None
        return tuple(valid)

    def check_permutation(
        self, current: Collection[MemberT], order: Collection[MemberT], field: str
    ) -> None:
        """Check that a new order contains all present members and nothing else."""
        missing = set(current) - set(order)
        unknown = set(order) - set(current)
        if not unknown and not missing:
            return
        counts = f"{len(missing)} missing, {len(unknown)} unknown"
        message = f"The list must contain every member exactly once: {counts}."
        self.refuse_argument(message, field, code=UserErrorCode.NOT_A_PERMUTATION)

    def check_group_change(self, change: GroupChange, field: str, *, is_new: bool = False) -> None:
        """Check the fields of a group; a new one needs a name if the vendor requires it."""
        name = None if is_new and change.name is UNSET else change.name
        is_required = Capability.GROUP_UNNAMED not in self._provider.capabilities
        self._check_name(name, GroupRef.noun, field, is_required=is_required)
        given = {
            "status": change.status,
            "access": change.access,
            "description": change.description,
            "templateName": change.template_name,
        }
        for argument, value in given.items():
            if value is not UNSET:
                self.require(_CAPABILITY_OF_FIELD[argument], field, argument)

    def check_collection_change(self, change: CollectionChange, *, is_new: bool = False) -> None:
        """Check the fields of a collection; a new one needs a name."""
        name = None if is_new and change.name is UNSET else change.name
        self._check_name(name, CollectionRef.noun, "input")

    def refuse_null(self, *field: str) -> None:
        """Refuse null for a field of a group that cannot be cleared."""
        capability = _CAPABILITY_OF_FIELD[field[-1]]
        if capability in self._provider.capabilities:
            self.refuse_argument(f"The {field[-1]} of a group cannot be cleared.", *field)
        else:
            self.require(capability, *field)

    def _check_name(
        self, name: str | Absent | None, noun: str, field: str, *, is_required: bool = True
    ) -> None:
        self.set_field(UserErrorCode.TAKEN, field, "name")
        is_blank = isinstance(name, str) and not name.strip()
        if is_blank or (name is None and is_required):
            message = f"{self._provider.name} requires a name for the {noun}."
            self.refuse_argument(message, field, "name", code=UserErrorCode.BLANK)

    def _can_exist(self, ref: CollectionRef | GroupRef) -> bool:
        """True if the ref has a collection id exactly if the vendor has collections."""
        collection = ref.collection if isinstance(ref, GroupRef) else ref
        has_collections = Capability.COLLECTIONS in self._provider.capabilities
        return (collection.native_id is not None) == has_collections


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
