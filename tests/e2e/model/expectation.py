"""The expected result of a mutation: possible user errors and the change to the catalog."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from groupgate.domain.refs import GroupRef, ProductRef, ProviderKey, Ref
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.mutation import Input, MutationRequest, OptionalRef

ErrorKey = tuple[str, tuple[str, ...] | None]
"""Code and field of a user error."""

TARGET_NOT_FOUND: ErrorKey = ("NOT_FOUND", ("id",))

NewIds = Mapping[str, str]
"""The vendor's ids of what a mutation has created: of the `group` and the `collection`."""


def _change_nothing(_new_ids: NewIds) -> None:
    pass


@dataclass(slots=True, kw_only=True)
class Expectation:
    """The user errors that a mutation may get, by the time of their detection, and its effect."""

    before_reads: set[ErrorKey] = field(default_factory=set)
    """Found in the arguments: all of them have to be reported."""
    after_reads: set[ErrorKey] = field(default_factory=set)
    """Found in a fresh read: some have to be reported, and nothing may be written."""
    after_writes: set[ErrorKey] = field(default_factory=set)
    """Found in the vendor's response to a write: some have to be reported."""
    on_success: Callable[[NewIds], None] = _change_nothing
    """Changes the catalog if there is no error."""
    on_rejection: Callable[[NewIds], None] = _change_nothing
    """Changes the catalog if only the vendor's responses have errors."""

    @property
    def is_refused_before_writes(self) -> bool:
        """True if an error is found before any write."""
        return bool(self.before_reads or self.after_reads)

    def allows(self, errors: set[ErrorKey], *, dry_run: bool) -> bool:
        """Return True if these may be the reported errors."""
        found_early = self.before_reads | self.after_reads
        possible = found_early or (set() if dry_run else self.after_writes)
        return self.before_reads <= errors <= possible and bool(errors) is bool(possible)

    def apply(self, new_ids: NewIds) -> None:
        """Apply the effect of the writes to the catalog."""
        if self.after_writes:
            self.on_rejection(new_ids)
        else:
            self.on_success(new_ids)


Rule = Callable[[Catalog, MutationRequest], Expectation]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdList:
    """A list of ids: the indexes of the valid ones, and the errors of the others."""

    indexes: Mapping[str, int]
    errors: set[ErrorKey]

    @property
    def valid(self) -> list[str]:
        """The vendor's ids, in order."""
        return list(self.indexes)

    def errors_for(self, code: str, native_ids: Sequence[str]) -> set[ErrorKey]:
        """Return an error with this code for each of these ids."""
        return {(code, ("productIds", str(self.indexes[each]))) for each in native_ids}

    def unknown_in(self, catalog: Catalog) -> set[ErrorKey]:
        """Return a NOT_FOUND error for each product that the catalog does not have."""
        return self.errors_for("NOT_FOUND", [i for i in self.valid if i not in catalog.products])


def check_ids(
    refs: Sequence[OptionalRef],
    key: ProviderKey,
    kind: type[Ref] = ProductRef,
    name: str = "productIds",
) -> IdList:
    """Check a list of ids as far as that is possible without a read."""
    indexes: dict[str, int] = {}
    errors: set[ErrorKey] = set()
    for index, ref in enumerate(refs):
        code = id_error(ref, key, kind)
        if code is None and ref is not None:
            native_id = ref.native_id or ""
            code = "DUPLICATE" if native_id in indexes else None
            indexes.setdefault(native_id, index)
        if code is not None:
            errors.add((code, (name, str(index))))
    return IdList(indexes=indexes, errors=errors)


def id_error(ref: OptionalRef, key: ProviderKey, kind: type[Ref]) -> str | None:
    """Return the code of the error that an id has without a read, if any."""
    if not isinstance(ref, kind):
        return "INVALID"
    return None if ref.provider is key else "WRONG_PROVIDER"


def group_input_errors(
    given: Input, argument: str, *, takes: set[str], may_lack_name: bool, is_new: bool
) -> set[ErrorKey]:
    """Return the errors of the fields of a group; `takes` are the fields the vendor supports."""
    errors = name_errors(given, argument, may_lack=may_lack_name, is_new=is_new)
    for name, value in given.items():
        if name == "name":
            continue
        if name not in takes:
            errors.add(("UNSUPPORTED", (argument, name)))
        elif value is None and name in {"status", "access"}:
            errors.add(("INVALID", (argument, name)))
    return errors


def name_errors(given: Input, argument: str, *, may_lack: bool, is_new: bool) -> set[ErrorKey]:
    """Return the errors of a name; `may_lack` is True if the vendor allows no name."""
    if "name" not in given and not is_new:
        return set()
    name = given.get("name")
    is_valid = may_lack if name is None else bool(name.strip())
    return set() if is_valid else {("BLANK", (argument, "name"))}


def expect_group_creation(
    catalog: Catalog, request: MutationRequest, *, takes: set[str], may_lack_name: bool
) -> tuple[Expectation, IdList, Input]:
    """Return the expectation of a group creation before any read, its products and its input."""
    given, products = request.input or {}, check_ids(request.products or (), catalog.key)
    errors = group_input_errors(
        given, "input", takes=takes, may_lack_name=may_lack_name, is_new=True
    )
    return Expectation(before_reads=products.errors | errors), products, given


def expect_group_update(
    catalog: Catalog, request: MutationRequest, *, takes: set[str], may_lack_name: bool
) -> tuple[Expectation, Group | None, Input]:
    """Return the expectation of a group update before any read, the group and the input."""
    given = request.input or {}
    errors = group_input_errors(
        given, "input", takes=takes, may_lack_name=may_lack_name, is_new=False
    )
    return Expectation(before_reads=errors), catalog.group(request.target), given


def expect_membership_change(
    catalog: Catalog, request: MutationRequest
) -> tuple[Expectation, IdList, Group | None]:
    """Return the expectation of a membership change before any read, its products and group."""
    products = check_ids(request.products or (), catalog.key)
    return Expectation(before_reads=products.errors), products, catalog.group(request.target)


def expect_move(
    catalog: Catalog, request: MutationRequest, *, takes_position: bool
) -> tuple[Expectation, IdList, Group | None]:
    """Return the expectation of a move before the target is read, its products and source."""
    (to,) = request.to or (None,)
    products = check_ids(request.products or (), catalog.key)
    expectation = Expectation(before_reads=set(products.errors))
    code = id_error(to, catalog.key, GroupRef)
    if code is not None:
        expectation.before_reads.add((code, ("toGroupId",)))
    elif to == request.target:
        expectation.before_reads.add(("INVALID", ("toGroupId",)))
    if request.position is not None and not takes_position:
        expectation.before_reads.add(("UNSUPPORTED", ("position",)))
    if request.position is not None and request.position < 0:
        expectation.before_reads.add(("INVALID", ("position",)))
    source = catalog.group(request.target)
    if source is None:
        expectation.after_reads.add(("NOT_FOUND", ("fromGroupId",)))
    else:
        outside = [each for each in products.valid if each not in source.members]
        expectation.after_reads |= products.errors_for("INVALID", outside)
    return expectation, products, source


def set_fields(group: Group, given: Input) -> None:
    """Set the fields of a group to those of an input."""
    names: dict[str, Any] = {"templateName": "template"}
    for name, value in given.items():
        setattr(group, names.get(name, name), value)
