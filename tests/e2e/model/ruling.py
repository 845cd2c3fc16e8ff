"""What has to come of a mutation: what may be told, what must be told, and what is true then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey, Ref
from tests.e2e.model.asking import Asked, GivenRef, Input
from tests.e2e.model.catalogue import Group, Shop

Complaint = tuple[str, tuple[str, ...] | None]
"""Code and field of a user error."""

GONE: Complaint = ("NOT_FOUND", ("id",))

NewIds = Mapping[str, str]
"""The vendor's ids of what a mutation has made: of the `group` and the `collection`."""


def _nothing(_made: NewIds) -> None:
    """Change nothing."""


@dataclass(slots=True, kw_only=True)
class Ruling:
    """What a mutation may be told, by how it is found out; and what it changes.

    `done` is made true if nothing is wrong, and `partly` if it is only the vendor who says no.
    """

    plain: set[Complaint] = field(default_factory=set)
    """Seen without a vendor: all of it has to be told."""
    checked: set[Complaint] = field(default_factory=set)
    """Seen in a fresh read: some of it has to be told, and nothing may be written."""
    answered: set[Complaint] = field(default_factory=set)
    """Told by the vendor's answer to a write: some of it has to be told."""
    done: Callable[[NewIds], None] = _nothing
    partly: Callable[[NewIds], None] = _nothing

    @property
    def is_seen(self) -> bool:
        """Whether it is seen before any write that something is wrong."""
        return bool(self.plain or self.checked)

    def allows(self, told: set[Complaint], *, dry_run: bool) -> bool:
        """Whether this may be what is told."""
        seen = self.plain | self.checked
        possible = seen or (set() if dry_run else self.answered)
        return self.plain <= told <= possible and bool(told) is bool(possible)

    def follow(self, made: NewIds) -> None:
        """Make true what the writes make true."""
        if self.answered:
            self.partly(made)
        else:
            self.done(made)


Rule = Callable[[Shop, Asked], Ruling]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The ids of a list: those that are good with their places, and what is wrong with others."""

    places: Mapping[str, int]
    wrong: set[Complaint]

    @property
    def good(self) -> list[str]:
        """The vendor's own ids, in order."""
        return list(self.places)

    def blamed(self, code: str, native_ids: Sequence[str]) -> set[Complaint]:
        """A complaint of each of these."""
        return {(code, ("productIds", str(self.places[each]))) for each in native_ids}


def listed(
    refs: Sequence[GivenRef],
    key: ProviderKey,
    kind: type[Ref] = ProductRef,
    name: str = "productIds",
) -> Listed:
    """What is to be said of a list of ids before anything is read."""
    places: dict[str, int] = {}
    wrong: set[Complaint] = set()
    for index, ref in enumerate(refs):
        path = (name, str(index))
        code = misfit(ref, key, kind)
        if code is None and ref is not None:
            native_id = ref.native_id or ""
            code = "DUPLICATE" if native_id in places else None
            places.setdefault(native_id, index)
        if code is not None:
            wrong.add((code, path))
    return Listed(places=places, wrong=wrong)


def misfit(ref: GivenRef, key: ProviderKey, kind: type[Ref]) -> str | None:
    """What is wrong with an id before anything is read."""
    if not isinstance(ref, kind):
        return "INVALID"
    return None if ref.provider is key else "WRONG_PROVIDER"


def group_input(given: Input, argument: str, *, takes: set[str]) -> set[Complaint]:
    """What is wrong with the fields of a group, of which the vendor takes these besides a name."""
    wrong: set[Complaint] = set()
    for name, value in given.items():
        if name == "name":
            continue
        if name not in takes:
            wrong.add(("UNSUPPORTED", (argument, name)))
        elif value is None and name in {"status", "access"}:
            wrong.add(("INVALID", (argument, name)))
    return wrong


def name_input(given: Input, argument: str, *, may_lack: bool, is_new: bool) -> set[Complaint]:
    """What is wrong with a name; `may_lack` is whether there are things without one."""
    if "name" not in given and not is_new:
        return set()
    name = given.get("name")
    is_fine = may_lack if name is None else bool(name.strip())
    return set() if is_fine else {("BLANK", (argument, "name"))}


def moved(shop: Shop, asked: Asked, *, takes_position: bool) -> tuple[Ruling, Listed, Group | None]:
    """What is to be said of a move before the target is looked at, and the first group."""
    (to,) = asked.to or (None,)
    products = listed(asked.products or (), shop.key)
    ruling = Ruling(plain=set(products.wrong))
    code = misfit(to, shop.key, GroupRef)
    if code is not None:
        ruling.plain.add((code, ("toGroupId",)))
    elif to == asked.target:
        ruling.plain.add(("INVALID", ("toGroupId",)))
    if asked.position is not None and not takes_position:
        ruling.plain.add(("UNSUPPORTED", ("position",)))
    if asked.position is not None and asked.position < 0:
        ruling.plain.add(("INVALID", ("position",)))
    source = shop.group(asked.target)
    if source is None:
        ruling.checked.add(("NOT_FOUND", ("fromGroupId",)))
    else:
        strange = [each for each in products.good if each not in source.members]
        ruling.checked |= products.blamed("INVALID", strange)
    return ruling, products, source


def set_fields(group: Group, given: Input) -> None:
    """Give a group the fields of an input."""
    names: dict[str, Any] = {"templateName": "template"}
    for name, value in given.items():
        setattr(group, names.get(name, name), value)


def named(shop: Shop, asked: Asked) -> tuple[Ruling, Listed, Group | None]:
    """Begin to rule on a change of the products of a group: what was listed, and the group."""
    products = listed(asked.products or (), shop.key)
    return Ruling(plain=products.wrong), products, shop.group(asked.target)
