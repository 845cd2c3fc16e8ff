"""Checks on input that need no vendor. They collect, so that all that is wrong is told at once."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from groupgate.domain.capabilities import Capability
from groupgate.domain.changes import UNSET, CollectionChange, GroupChange
from groupgate.domain.errors import Refused
from groupgate.domain.provider import Provider
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import Field, InvalidInput, Refusal, Unsupported, UserErrorCode

RefT = TypeVar("RefT", CollectionRef, GroupRef, ProductRef)

MOST_CHANGED: Final = 100
"""Products that one mutation adds or removes."""

MOST_LISTED: Final = 1_000
"""Ids in a list that names all products of a group, or all groups of a collection."""

_NEEDED: Final = {
    "status": Capability.GROUP_STATUS,
    "access": Capability.GROUP_ACCESS,
    "description": Capability.GROUP_DESCRIPTION,
    "template_name": Capability.GROUP_TEMPLATE,
}
_ARGUMENTS: Final = {"template_name": "templateName"}
_NOUNS: Final = {CollectionRef: "a collection", GroupRef: "a group", ProductRef: "a product"}


class Guard:
    """Collects refusals for one mutation at one vendor, and where its ids stand in the input."""

    def __init__(self, provider: Provider, capability: Capability) -> None:
        """Raise Refused at once if the vendor cannot do this at all."""
        self._provider = provider
        self._places: dict[Ref, Field] = {}
        self.found: list[Refusal] = []
        self.needs(capability)
        self.settle()

    def settle(self, more: Iterable[Refusal] = ()) -> None:
        """Raise Refused if anything was found; `more` is what the vendor's rules forbid."""
        located = [self.located(refusal) for refusal in more]
        if self.found or located:
            raise Refused(*self.found, *located)

    def refuse(self, refusal: Refusal) -> None:
        """Add a refusal that was found elsewhere."""
        self.found.append(self.located(refusal))

    def invalid(
        self, message: str, *field: str, code: UserErrorCode = UserErrorCode.INVALID
    ) -> None:
        """Add a refusal of the argument at this path."""
        self.found.append(InvalidInput(message=message, code=code, field=field))

    def needs(self, capability: Capability, *field: str) -> None:
        """Refuse what this vendor cannot do."""
        if capability in self._provider.capabilities:
            return
        self.found.append(
            Unsupported(
                message=f"{self._provider.name} has no {capability.value}.",
                field=field or None,
                provider=self._provider.key,
                capability=capability,
            )
        )

    def target(self, ref: Ref, *field: str) -> None:
        """Remember which argument names the thing that is to be changed."""
        self._places[ref] = field

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

    def name(self, name: object, *field: str, can_be_cleared: bool = False) -> None:
        """Refuse a name that is blank, or cleared where it has to stay."""
        is_blank = isinstance(name, str) and not name.strip()
        if is_blank or (name is None and not can_be_cleared):
            message = f"{self._provider.name} needs a name here."
            self.invalid(message, *field, code=UserErrorCode.BLANK)

    def group_change(self, change: GroupChange, field: str, *, is_new: bool = False) -> None:
        """Check the fields of a group that is to be changed or made."""
        unnamed = Capability.GROUP_UNNAMED in self._provider.capabilities
        name = None if is_new and change.name is UNSET else change.name
        self.name(name, field, "name", can_be_cleared=unnamed)
        for attribute, capability in _NEEDED.items():
            if getattr(change, attribute) is not UNSET:
                self.needs(capability, field, _ARGUMENTS.get(attribute, attribute))

    def collection_change(self, change: CollectionChange, *, is_new: bool = False) -> None:
        """Check the fields of a collection that is to be changed or made."""
        self.name(None if is_new and change.name is UNSET else change.name, "input", "name")

    def located(self, refusal: Refusal) -> Refusal:
        """Give a refusal of a vendor the argument that it is about."""
        field = self._places.get(refusal.about) if refusal.about else None
        return refusal if refusal.field or field is None else replace(refusal, field=field)
