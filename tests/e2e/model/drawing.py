"""Mutations at random, with arguments that fit the catalogue, nearly fit, or make no sense."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.e2e.model.asking import Asked, GivenRef, Input
from tests.e2e.model.catalogue import Group, Shop

ValueT = TypeVar("ValueT")

MUTATIONS: Final = (
    "productCollectionUpdate",
    "productCollectionReorderGroups",
    "productCollectionCreate",
    "productCollectionArchive",
    "productCollectionUnarchive",
    "groupCreate",
    "groupUpdate",
    "groupDelete",
    "groupReorderProducts",
    "groupAssignProducts",
    "groupUnassignProducts",
    "groupSetProducts",
    "groupMoveProducts",
    "groupProductUpdate",
)
NAMES: Final = ("Gold", "Silver", "Größe 日本", "Monthly", "Legacy")

_NOWHERE: Final = "00000000-0000-4000-8000-000000000000"
_LARGEST: Final = 12
"""Members of a group that is changed; larger groups only have to stay as they are."""
_LOOSE: Final = 6
"""Products in no group that may be put into one."""

_VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "name": NAMES,
    "status": ("ACTIVE", "INACTIVE"),
    "access": ("OPEN", "RESTRICTED"),
    "description": ("About it", ""),
    "templateName": ("Wide", ""),
}
_FITTING: Final[Mapping[ProviderKey, tuple[str, ...]]] = {
    ProviderKey.DODO: ("name", "status"),
    ProviderKey.AXIM: ("name", "status", "access"),
    ProviderKey.TWO_CHECKOUT: ("name", "description", "templateName"),
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """Draws what mutations are given at one vendor. Two draws of three are to fit."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    shop: Shop
    strangers: Sequence[GivenRef]
    """What is no product of this vendor, or not any longer."""

    def asked(self, mutation: str) -> Asked:
        """Draw the arguments of a mutation."""
        if mutation.startswith("productCollection") or mutation == "groupCreate":
            return self._at_collection(mutation)
        return self._at_group(mutation)

    def group(self) -> GivenRef:
        """Draw a group, which may be none."""
        holder = self.shop.collections[0].ref.native_id
        unknown = GroupRef(provider=self.shop.key, collection_id=holder, native_id=_NOWHERE)
        return self._any_of([*(group.ref for group in self._groups()), unknown, None])

    def known_group(self) -> GroupRef:
        """Draw a group that there is."""
        return self._any_of([group.ref for group in self._groups()])

    def _at_group(self, mutation: str) -> Asked:
        target = self.group()
        group = self.shop.group(target)
        members = list(group.members) if group else []
        given: dict[str, Any] = {}
        match mutation:
            case "groupUpdate":
                given["input"] = self._group_input()
            case "groupProductUpdate":
                given["product"] = (self._any_of([*self._refs(members), *self.strangers]),)
                given["input"] = self._any_of([{}, {"status": "ACTIVE"}, {"status": "INACTIVE"}])
            case "groupReorderProducts":
                given["products"] = self._order(self._refs(members))
            case "groupSetProducts":
                given["products"] = self._products([*members, *self._loose()])
            case "groupAssignProducts":
                given["products"] = self._products([*members[:1], *self._loose()])
            case "groupUnassignProducts":
                given["products"] = self._products(members)
            case "groupMoveProducts":
                given["products"] = self._products(members)
                others = [each.ref for each in self._groups() if each is not group]
                given["to"] = (self._any_of(others) if self._fits() else self.group(),)
                given["position"] = self._position()
        return Asked(mutation=mutation, provider=self.shop.key, target=target, **given)

    def _at_collection(self, mutation: str) -> Asked:
        target = self._collection()
        collection = self.shop.collection(target)
        given: dict[str, Any] = {}
        match mutation:
            case "groupCreate":
                given["input"] = self._group_input()
                given["products"] = self._products(self._loose())
            case "productCollectionCreate":
                target = None
                given["input"] = {"name": self._any_of(NAMES), **self._collection_input()}
                given["group"] = self._any_of([None, self._group_input()])
                given["products"] = self._products(self._loose())
            case "productCollectionUpdate":
                given["input"] = self._collection_input()
            case "productCollectionReorderGroups":
                groups = collection.groups if collection else []
                given["groups"] = self._order([group.ref for group in groups])
        return Asked(mutation=mutation, provider=self.shop.key, target=target, **given)

    def _collection(self) -> GivenRef:
        known = [collection.ref for collection in self.shop.collections]
        if self.shop.key is not ProviderKey.DODO:
            return self._any_of([*known, None])
        unknown = CollectionRef(provider=self.shop.key, native_id="pdc_unknown")
        return self._any_of([*known, unknown, None])

    def _group_input(self) -> Input:
        if not self._fits():
            fields = {name: st.sampled_from([*of, None]) for name, of in _VALUES.items()}
            return self._input(fields | {"name": st.sampled_from([*self._names(), None, " "])})
        fitting = {name: st.sampled_from(_VALUES[name]) for name in _FITTING[self.shop.key]}
        return {"name": self._any_of(NAMES), **self._input(fitting)}

    def _collection_input(self) -> Input:
        name = st.sampled_from(NAMES)
        if not self._fits():
            name = st.sampled_from([None, "", "Gold"])
        fields = {"name": name, "description": st.sampled_from(["About it", "", None])}
        return self._input(fields)

    def _input(self, fields: Mapping[str, st.SearchStrategy[Any]]) -> Input:
        given: Input = self.draw(st.fixed_dictionaries({}, optional=dict(fields)))
        return given

    def _products(self, fitting: Sequence[str]) -> list[GivenRef]:
        if self._fits():
            return self._some_of(self._refs(fitting), unique=True)
        nearby = [each for group in self._groups() for each in list(group.members)[:3]]
        return self._some_of([*self._refs([*nearby, *fitting]), *self.strangers], unique=False)

    def _order(self, refs: Sequence[GivenRef]) -> list[GivenRef]:
        order: list[GivenRef] = list(self.draw(st.permutations(refs)))
        return order if self._fits() else [*order[1:], *self._some_of(self.strangers, unique=True)]

    def _position(self) -> int | None:
        if self.shop.is_ordered:
            return self._any_of([None, 0, 1, 2, 50, -1])
        return self._any_of([*[None] * 8, 0, -1])

    def _loose(self) -> list[str]:
        """Products that may well be put into a group: at Dodo those that are in none."""
        if self.shop.key is not ProviderKey.DODO:
            return [each for group in self._groups() for each in group.members][:40]
        held = {each for group in self.shop.groups for each in group.members}
        is_free = (each for each, is_sold in self.shop.products.items() if is_sold)
        return [each for each in is_free if each not in held][:_LOOSE]

    def _groups(self) -> list[Group]:
        return [group for group in self.shop.groups if len(group.members) <= _LARGEST]

    def _names(self) -> list[str]:
        return [*NAMES, *(group.name for group in self._groups() if group.name)]

    def _refs(self, native_ids: Sequence[str]) -> list[GivenRef]:
        return [ProductRef(provider=self.shop.key, native_id=each) for each in native_ids]

    def _fits(self) -> bool:
        fits: bool = self.draw(st.sampled_from([True, True, False]))
        return fits

    def _any_of(self, values: Sequence[ValueT]) -> ValueT:
        value: ValueT = self.draw(st.sampled_from(values))
        return value

    def _some_of(self, values: Sequence[GivenRef], *, unique: bool) -> list[GivenRef]:
        if not values:
            return []
        some: list[GivenRef] = self.draw(
            st.lists(st.sampled_from(values), max_size=6, unique=unique)
        )
        return some
