"""Generates random mutations whose arguments are valid, nearly valid or invalid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from tests.e2e.model.catalog import Catalog, Group
from tests.e2e.model.mutation import Input, MutationRequest, OptionalRef

ValueT = TypeVar("ValueT")

NAMES: Final = ("Gold", "Silver", "Größe 日本", "Monthly", "Legacy")

UNKNOWN_GROUP_ID: Final = "00000000-0000-4000-8000-000000000000"
_LARGEST: Final = 12
"""Members of a group that is changed; larger groups only have to stay as they are."""
_FREE_PRODUCTS: Final = 6
"""Products in no group that may be added to one."""

_VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "name": NAMES,
    "status": ("ACTIVE", "INACTIVE"),
    "access": ("OPEN", "RESTRICTED"),
    "description": ("About it", ""),
    "templateName": ("Wide", ""),
}
_SUPPORTED: Final[Mapping[ProviderKey, tuple[str, ...]]] = {
    ProviderKey.DODO: ("name", "status"),
    ProviderKey.AXIM: ("name", "status", "access"),
    ProviderKey.TWO_CHECKOUT: ("name", "description", "templateName"),
}


@dataclass(frozen=True, slots=True)
class MutationGenerator:
    """Draws the arguments of mutations at one vendor. Two draws of three are meant to be valid."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    catalog: Catalog
    invalid_products: Sequence[OptionalRef]
    """Ids that do not name a product of this vendor."""

    def request(self, mutation: str) -> MutationRequest:
        """Draw the arguments of a mutation."""
        if mutation.startswith("productCollection") or mutation == "groupCreate":
            return self._collection_request(mutation)
        return self._group_request(mutation)

    def group(self) -> OptionalRef:
        """Draw a group, which may not exist."""
        collection_id = self.catalog.collections[0].ref.native_id
        unknown = GroupRef(
            provider=self.catalog.key, collection_id=collection_id, native_id=UNKNOWN_GROUP_ID
        )
        return self._any_of([*(group.ref for group in self._groups()), unknown, None])

    def existing_group(self) -> GroupRef:
        """Draw a group that exists."""
        return self._any_of([group.ref for group in self._groups()])

    def _group_request(self, mutation: str) -> MutationRequest:
        target = self.group()
        group = self.catalog.group(target)
        members = list(group.members) if group else []
        given: dict[str, Any] = {}
        match mutation:
            case "groupUpdate":
                given["input"] = self._group_input()
            case "groupProductUpdate":
                products = [*self._refs(members), *self.invalid_products]
                given["product"] = (self._any_of(products),)
                given["input"] = self._any_of([{}, {"status": "ACTIVE"}, {"status": "INACTIVE"}])
            case "groupReorderProducts":
                given["products"] = self._order(self._refs(members))
            case "groupSetProducts":
                given["products"] = self._products([*members, *self._free()])
            case "groupAssignProducts":
                given["products"] = self._products([*members[:1], *self._free()])
            case "groupUnassignProducts":
                given["products"] = self._products(members)
            case "groupMoveProducts":
                given["products"] = self._products(members)
                others = [each.ref for each in self._groups() if each is not group]
                given["to"] = (self._any_of(others) if self._is_valid() else self.group(),)
                given["position"] = self._position()
        return MutationRequest(mutation=mutation, provider=self.catalog.key, target=target, **given)

    def _collection_request(self, mutation: str) -> MutationRequest:
        target = self._collection()
        collection = self.catalog.collection(target)
        given: dict[str, Any] = {}
        match mutation:
            case "groupCreate":
                given["input"] = self._group_input()
                given["products"] = self._products(self._free())
            case "productCollectionCreate":
                target = None
                given["input"] = {"name": self._any_of(NAMES), **self._collection_input()}
                given["group"] = self._any_of([None, self._group_input()])
                given["products"] = self._products(self._free())
            case "productCollectionUpdate":
                given["input"] = self._collection_input()
            case "productCollectionReorderGroups":
                groups = collection.groups if collection else []
                given["groups"] = self._order([group.ref for group in groups])
        return MutationRequest(mutation=mutation, provider=self.catalog.key, target=target, **given)

    def _collection(self) -> OptionalRef:
        existing = [collection.ref for collection in self.catalog.collections]
        if self.catalog.key is not ProviderKey.DODO:
            return self._any_of([*existing, None])
        unknown = CollectionRef(provider=self.catalog.key, native_id="pdc_unknown")
        return self._any_of([*existing, unknown, None])

    def _group_input(self) -> Input:
        if not self._is_valid():
            fields = {name: st.sampled_from([*of, None]) for name, of in _VALUES.items()}
            return self._input(fields | {"name": st.sampled_from([*self._names(), None, " "])})
        valid = {name: st.sampled_from(_VALUES[name]) for name in _SUPPORTED[self.catalog.key]}
        return {"name": self._any_of(NAMES), **self._input(valid)}

    def _collection_input(self) -> Input:
        name = st.sampled_from(NAMES)
        if not self._is_valid():
            name = st.sampled_from([None, "", "Gold"])
        fields = {"name": name, "description": st.sampled_from(["About it", "", None])}
        return self._input(fields)

    def _input(self, fields: Mapping[str, st.SearchStrategy[Any]]) -> Input:
        given: Input = self.draw(st.fixed_dictionaries({}, optional=dict(fields)))
        return given

    def _products(self, valid: Sequence[str]) -> list[OptionalRef]:
        if self._is_valid():
            return self._some_of(self._refs(valid), unique=True)
        others = [each for group in self._groups() for each in list(group.members)[:3]]
        products = [*self._refs([*others, *valid]), *self.invalid_products]
        return self._some_of(products, unique=False)

    def _order(self, refs: Sequence[OptionalRef]) -> list[OptionalRef]:
        order: list[OptionalRef] = list(self.draw(st.permutations(refs)))
        if self._is_valid():
            return order
        return [*order[1:], *self._some_of(self.invalid_products, unique=True)]

    def _position(self) -> int | None:
        if self.catalog.is_ordered:
            return self._any_of([None, 0, 1, 2, 50, -1])
        return self._any_of([*[None] * 8, 0, -1])

    def _free(self) -> list[str]:
        """Return products that a group can probably add: at Dodo those that are in no group."""
        if self.catalog.key is not ProviderKey.DODO:
            return [each for group in self._groups() for each in group.members][:40]
        taken = {each for group in self.catalog.groups for each in group.members}
        active = (each for each, is_active in self.catalog.products.items() if is_active)
        return [each for each in active if each not in taken][:_FREE_PRODUCTS]

    def _groups(self) -> list[Group]:
        return [group for group in self.catalog.groups if len(group.members) <= _LARGEST]

    def _names(self) -> list[str]:
        return [*NAMES, *(group.name for group in self._groups() if group.name)]

    def _refs(self, native_ids: Sequence[str]) -> list[OptionalRef]:
        return [ProductRef(provider=self.catalog.key, native_id=each) for each in native_ids]

    def _is_valid(self) -> bool:
        is_valid: bool = self.draw(st.sampled_from([True, True, False]))
        return is_valid

    def _any_of(self, values: Sequence[ValueT]) -> ValueT:
        value: ValueT = self.draw(st.sampled_from(values))
        return value

    def _some_of(self, values: Sequence[OptionalRef], *, unique: bool) -> list[OptionalRef]:
        if not values:
            return []
        some: list[OptionalRef] = self.draw(
            st.lists(st.sampled_from(values), max_size=6, unique=unique)
        )
        return some
