"""Checks on input that need no vendor. They collect, so that all that is wrong is told at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import UNSET, Absent, CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import (
    Field,
    InvalidInput,
    NotFound,
    Refusal,
    Unsupported,
    UserErrorCode,
)

RefT = TypeVar("RefT", CollectionRef, GroupRef, ProductRef)

MOST_CHANGED: Final = 100
"""Products that one mutation adds or removes."""

MOST_LISTED: Final = 1_000
"""Ids in a list that names all products of a group, or all groups of a collection."""

_NEEDED: Final = {
    "status": Capability.GROUP_STATUS,
    "access": Capability.GROUP_ACCESS,
    "description": Capability.GROUP_DESCRIPTION,
    "templateName": Capability.GROUP_TEMPLATE,
}
"""What a vendor must be capable of for a field of a group to be given."""
_NOUNS: Final = {CollectionRef: "a collection", GroupRef: "a group", ProductRef: "a product"}


class InputValidator:
    """Collects refusals for one mutation at one vendor, and where its ids stand in the input."""

    def __init__(self, provider: Provider, capability: Capability) -> None:
        """Raise Refused at once if the vendor cannot do this at all."""
        self._provider = provider
        self._places: dict[Ref, Field] = {}
        self._name: Field | None = None
        self._found: list[Refusal] = []
        self.needs(capability)
        self.settle()

    def settle(self, more: Iterable[Refusal] = ()) -> None:
        """Raise Refused if anything was found; `more` is what was raised elsewhere, or by this."""
        found = dict.fromkeys([*self._found, *map(self.located, more)])
        if found:
            raise Refused(*found)

    def refuse(self, refusal: Refusal) -> None:
        """Add a refusal that says by `about` what it is about."""
        self._found.append(self.located(refusal))

    def invalid(
        self, message: str, *field: str, code: UserErrorCode = UserErrorCode.INVALID
    ) -> None:
        """Add a refusal of the argument at this path."""
        self._found.append(InvalidInput(message=message, code=code, field=field))

    def needs(self, capability: Capability, *field: str) -> None:
        """Refuse what this vendor cannot do."""
        if capability in self._provider.capabilities:
            return
        self._found.append(
            Unsupported(
                message=f"{self._provider.name} has no {capability.value}.",
                field=field or None,
                provider=self._provider.key,
                capability=capability,
            )
        )

    def target(self, ref: CollectionRef | GroupRef, *field: str) -> None:
        """Remember which argument names the thing to change; raise Refused if it cannot exist."""
        self._places[ref] = field
        if isinstance(ref, GroupRef):
            self._places.setdefault(ref.collection, field)
        if not self._can_exist(ref):
            self.settle([gone(ref)])

    def own(self, ref: Ref | None, kind: type[RefT], *field: str) -> RefT | None:
        """Check that an id is one of this vendor and this kind; return it if it is."""
        if not isinstance(ref, kind):
            self.invalid(f"This is not the id of {_NOUNS[kind]}.", *field)
            return None
        if ref.provider is not self._provider.key:
            message = f"This is an id of another provider than {self._provider.name}."
            self.invalid(message, *field, code=UserErrorCode.WRONG_PROVIDER)
            return None
        self._places.setdefault(ref, field)
        if isinstance(ref, CollectionRef | GroupRef) and not self._can_exist(ref):
            self.refuse(gone(ref))
            return None
        return ref

    def listed(
        self, refs: Sequence[Ref | None], kind: type[RefT], field: str, most: int
    ) -> tuple[RefT, ...]:
        """Check a list of ids; return those that are good, once each. Too long a list ends all."""
        if len(refs) > most:
            message = f"At most {most:,} ids may be given, not {len(refs):,}."
            self.invalid(message, field, code=UserErrorCode.TOO_LONG)
            self.settle()
        good: dict[RefT, None] = {}
        for index, given in enumerate(refs):
            ref = self.own(given, kind, field, str(index))
            if ref is not None and ref in good:
                message = "This id is given more than once."
                self.invalid(message, field, str(index), code=UserErrorCode.DUPLICATE)
            elif ref is not None:
                good[ref] = None
        return tuple(good)

    def group_change(self, change: GroupChange, field: str, *, is_new: bool = False) -> None:
        """Check the fields of a group that is to be changed or made."""
        name = None if is_new and change.name is UNSET else change.name
        is_needed = Capability.GROUP_UNNAMED not in self._provider.capabilities
        self._check_name(name, field, "name", is_needed=is_needed)
        given = {
            "status": change.status,
            "access": change.access,
            "description": change.description,
            "templateName": change.template_name,
        }
        for argument, value in given.items():
            if value is not UNSET:
                self.needs(_NEEDED[argument], field, argument)

    def collection_change(self, change: CollectionChange, *, is_new: bool = False) -> None:
        """Check the fields of a collection that is to be changed or made."""
        name = None if is_new and change.name is UNSET else change.name
        self._check_name(name, "input", "name")

    def null(self, *field: str) -> None:
        """Refuse null for a field of a group that has no empty value."""
        capability = _NEEDED[field[-1]]
        if capability in self._provider.capabilities:
            self.invalid("This cannot be cleared.", *field)
        else:
            self.needs(capability, *field)

    def located(self, refusal: Refusal) -> Refusal:
        """Give a refusal of a vendor the argument that it is about."""
        if refusal.field:
            return refusal
        field = self._places.get(refusal.about) if refusal.about else None
        if refusal.code is UserErrorCode.TAKEN:
            field = self._name or field
        return refusal if field is None else replace(refusal, field=field)

    def _check_name(self, name: str | Absent | None, *field: str, is_needed: bool = True) -> None:
        self._name = self._name or field
        is_blank = isinstance(name, str) and not name.strip()
        if is_blank or (name is None and is_needed):
            message = f"{self._provider.name} needs a name here."
            self.invalid(message, *field, code=UserErrorCode.BLANK)

    def _can_exist(self, ref: CollectionRef | GroupRef) -> bool:
        """Ids name collections where the vendor has any, and else the implicit one."""
        collection = ref.collection if isinstance(ref, GroupRef) else ref
        has_collections = Capability.COLLECTIONS in self._provider.capabilities
        return (collection.native_id is not None) == has_collections


def gone(ref: CollectionRef | GroupRef) -> NotFound:
    """The refusal of a change to something that does not exist."""
    return NotFound(message="It does not exist, or no longer.", about=ref)


MemberT = TypeVar("MemberT", GroupRef, ProductRef)


def check_permutation(
    validator: InputValidator, current: Collection[MemberT], order: Collection[MemberT], field: str
) -> None:
    """Refuse members that are missing from the order, and ids in it that are no members."""
    missing = set(current) - set(order)
    foreign = set(order) - set(current)
    if not foreign and not missing:
        return
    message = (
        f"The list must name every member once: {len(missing)} missing, {len(foreign)} foreign."
    )
    validator.invalid(message, field, code=UserErrorCode.NOT_A_PERMUTATION)
