"""Chooses random mutations that a vendor supports; most of them fit its current catalog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeVar

from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from tests.e2e.model.catalog import Catalog, Collection, Group, product_ref
from tests.e2e.model.generator import UNKNOWN_GROUP_ID
from tests.e2e.model.mutation import MutationRequest, OptionalRef
from tests.e2e.model.rules import RULES

ValueT = TypeVar("ValueT")

SEVERAL_WRITES: Final = (
    "groupCreate",
    "groupUnassignProducts",
    "groupSetProducts",
    "groupMoveProducts",
    "groupMoveProducts",
)
"""Mutations that can fail between two writes are chosen more often."""

_NAMES: Final = ("Gold", "Silver", "Bronze", "Größe 日本", "Monthly", "Legacy", "New", "Other")
_FIELDS: Final[Mapping[ProviderKey, Mapping[str, Sequence[str]]]] = {
    ProviderKey.DODO: {"status": ("ACTIVE", "INACTIVE")},
    ProviderKey.AXIM: {"status": ("ACTIVE", "INACTIVE"), "access": ("OPEN", "RESTRICTED")},
    ProviderKey.TWO_CHECKOUT: {"description": ("About it", ""), "templateName": ("Wide",)},
}
_LARGEST: Final = 12
"""Members of a group whose products are replaced: each may take a call."""


@dataclass(frozen=True, slots=True)
class MutationChooser:
    """Chooses mutations at one vendor."""

    dice: Random
    catalog: Catalog

    def request(self) -> MutationRequest:
        """Choose a mutation and its arguments."""
        rules = RULES[self.catalog.key]
        mutation = self.dice.choice([*rules, *(each for each in SEVERAL_WRITES if each in rules)])
        if mutation.startswith("productCollection") or mutation == "groupCreate":
            return self._collection_request(mutation)
        return self._group_request(mutation)

    def _collection_request(self, mutation: str) -> MutationRequest:
        collection = self._collection(is_archived=mutation == "productCollectionUnarchive")
        target: CollectionRef | None = collection.ref
        given: dict[str, Any] = {}
        match mutation:
            case "groupCreate":
                given["input"] = self._group_input()
                given["products"] = self._refs(self._some_of(self._free()))
            case "productCollectionCreate":
                target = None
                given["input"] = {"name": self._name(), "description": "About it"}
                given["group"] = self._group_input()
                given["products"] = self._refs(self._some_of(self._free()))
            case "productCollectionUpdate":
                given["input"] = {"name": self._name(), "description": None}
            case "productCollectionReorderGroups":
                given["groups"] = self._shuffled([group.ref for group in collection.groups])
        return MutationRequest(mutation=mutation, provider=self.catalog.key, target=target, **given)

    def _group_request(self, mutation: str) -> MutationRequest:
        group = self._group(most=_LARGEST if mutation == "groupSetProducts" else None)
        target, members = group.ref, list(group.members)
        given: dict[str, Any] = {}
        match mutation:
            case "groupUpdate":
                given["input"] = self._group_input()
            case "groupReorderProducts":
                given["products"] = self._refs(self._shuffled(members))
            case "groupAssignProducts":
                given["products"] = self._refs(self._some_of([*members[:1], *self._free()]))
            case "groupUnassignProducts":
                given["products"] = self._refs(self._some_of(members))
            case "groupSetProducts":
                kept = self._some_of(members)
                given["products"] = self._refs([*kept, *self._some_of(self._free())])
            case "groupMoveProducts":
                given["products"] = self._refs(self._some_of(members))
                given["to"] = (self._other_than(group).ref,)
                if self.catalog.is_ordered:
                    given["position"] = self.dice.choice([None, 0, 1, 2, 50])
            case "groupProductUpdate":
                given["product"] = (self._refs(self._some_of(members, least=1))[0],)
                given["input"] = {"status": self.dice.choice(["ACTIVE", "INACTIVE"])}
        if self._is_rare():
            target = GroupRef(
                provider=self.catalog.key,
                collection_id=target.collection_id,
                native_id=UNKNOWN_GROUP_ID,
            )
        return MutationRequest(mutation=mutation, provider=self.catalog.key, target=target, **given)

    def _collection(self, *, is_archived: bool) -> Collection:
        collections = self.catalog.collections
        suitable = [each for each in collections if each.is_archived is is_archived]
        return self.dice.choice(collections if self._is_rare() or not suitable else suitable)

    def _group(self, most: int | None = None) -> Group:
        """Choose a group, preferably one that has products and whose collection is active."""
        groups = [each for each in self.catalog.groups if len(each.members) <= (most or 100)]
        suitable = [
            each
            for each in groups
            if each.members and not self.catalog.collection_of(each).is_archived
        ]
        return self.dice.choice(groups if self._is_rare() or not suitable else suitable)

    def _other_than(self, group: Group) -> Group:
        """Choose another group, sometimes one of the same collection."""
        others = [each for each in self.catalog.groups if each is not group]
        near = [each for each in self.catalog.collection_of(group).groups if each is not group]
        return self.dice.choice(near if near and self.dice.random() < 0.5 else others)

    def _group_input(self) -> dict[str, Any]:
        given: dict[str, Any] = {"name": self._name()}
        for name, values in _FIELDS[self.catalog.key].items():
            if self.dice.random() < 0.5:
                given[name] = self.dice.choice(values)
        return given

    def _name(self) -> str:
        """Choose a name; at 2Checkout, where names are unique, usually an unused one.

        The name of an empty group is not chosen there, because a created group of that name
        could not be distinguished from it.
        """
        name = self.dice.choice(_NAMES)
        if self.catalog.key is not ProviderKey.TWO_CHECKOUT:
            return name
        used = [group.name for group in self.catalog.groups if group.name and group.members]
        is_used = self.dice.random() < 0.2
        return self.dice.choice(used) if is_used else f"{name} {self.dice.randrange(1_000_000)}"

    def _free(self) -> list[str]:
        """Return products that a group can probably add: at Dodo those that are in no group."""
        if self._is_rare():
            return [*self.catalog.products][:40]
        active = [each for each, is_active in self.catalog.products.items() if is_active]
        if self.catalog.key is not ProviderKey.DODO:
            return active[:40]
        taken = {each for group in self.catalog.groups for each in group.members}
        return [each for each in active if each not in taken]

    def _some_of(self, values: Sequence[str], least: int = 0) -> list[str]:
        """Choose a few products in any order, and rarely an unknown one."""
        most = 10 if self._is_rare() else 4
        count = min(self.dice.randint(max(least, 1), most), len(values))
        some = self.dice.sample(list(values), count)
        return [*some, "unknown"] if len(some) < least or self._is_rare() else some

    def _shuffled(self, values: Sequence[ValueT]) -> list[ValueT]:
        return self.dice.sample(list(values), len(values))

    def _refs(self, native_ids: Sequence[str]) -> list[OptionalRef]:
        return [product_ref(self.catalog.key, each) for each in dict.fromkeys(native_ids)]

    def _is_rare(self) -> bool:
        return self.dice.random() < 0.08
