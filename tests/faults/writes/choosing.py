"""Mutations at random that a vendor can make; most of them fit what it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final, TypeVar

from groupgate.domain.refs import CollectionRef, GroupRef, ProviderKey
from tests.e2e.model.asking import Asked, GivenRef
from tests.e2e.model.catalogue import Collection, Group, Shop, product_ref
from tests.faults.writes.vendors import RULES

ValueT = TypeVar("ValueT")

SEVERAL_WRITES: Final = (
    "groupCreate",
    "groupUnassignProducts",
    "groupSetProducts",
    "groupMoveProducts",
    "groupMoveProducts",
)
"""Mutations that can stop halfway come more often."""

_NAMES: Final = ("Gold", "Silver", "Bronze", "Größe 日本", "Monthly", "Legacy", "New", "Other")
_FIELDS: Final[Mapping[ProviderKey, Mapping[str, Sequence[str]]]] = {
    ProviderKey.DODO: {"status": ("ACTIVE", "INACTIVE")},
    ProviderKey.AXIM: {"status": ("ACTIVE", "INACTIVE"), "access": ("OPEN", "RESTRICTED")},
    ProviderKey.TWO_CHECKOUT: {"description": ("About it", ""), "templateName": ("Wide",)},
}
_LARGEST: Final = 12
"""Members of a group that is set to others: each may be a call."""
_NOWHERE: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Choice:
    """Chooses mutations at one vendor."""

    dice: Random
    shop: Shop

    def asked(self) -> Asked:
        """Choose a mutation and its arguments."""
        rules = RULES[self.shop.key]
        mutation = self.dice.choice([*rules, *(each for each in SEVERAL_WRITES if each in rules)])
        if mutation.startswith("productCollection") or mutation == "groupCreate":
            return self._of_collection(mutation)
        return self._of_group(mutation)

    def _of_collection(self, mutation: str) -> Asked:
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
        return Asked(mutation=mutation, provider=self.shop.key, target=target, **given)

    def _of_group(self, mutation: str) -> Asked:
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
                if self.shop.is_ordered:
                    given["position"] = self.dice.choice([None, 0, 1, 2, 50])
            case "groupProductUpdate":
                given["product"] = (self._refs(self._some_of(members, least=1))[0],)
                given["input"] = {"status": self.dice.choice(["ACTIVE", "INACTIVE"])}
        if self._seldom():
            holder = target.collection_id
            target = GroupRef(provider=self.shop.key, collection_id=holder, native_id=_NOWHERE)
        return Asked(mutation=mutation, provider=self.shop.key, target=target, **given)

    def _collection(self, *, is_archived: bool) -> Collection:
        known = self.shop.collections
        fitting = [each for each in known if each.is_archived is is_archived]
        return self.dice.choice(known if self._seldom() or not fitting else fitting)

    def _group(self, most: int | None = None) -> Group:
        """Choose a group; those that hold something, and that can be changed, are preferred."""
        groups = [each for each in self.shop.groups if len(each.members) <= (most or 100)]
        fitting = [
            each for each in groups if each.members and not self.shop.around(each).is_archived
        ]
        return self.dice.choice(groups if self._seldom() or not fitting else fitting)

    def _other_than(self, group: Group) -> Group:
        """Choose another group; at times one of the same collection, at times one elsewhere."""
        others = [each for each in self.shop.groups if each is not group]
        near = [each for each in self.shop.around(group).groups if each is not group]
        return self.dice.choice(near if near and self.dice.random() < 0.5 else others)

    def _group_input(self) -> dict[str, Any]:
        given: dict[str, Any] = {"name": self._name()}
        for name, values in _FIELDS[self.shop.key].items():
            if self.dice.random() < 0.5:
                given[name] = self.dice.choice(values)
        return given

    def _name(self) -> str:
        """Choose a name; at 2Checkout, where names are unique, mostly a new one.

        Never that of an empty group there: it is just what a new one of the name would be.
        """
        name = self.dice.choice(_NAMES)
        if self.shop.key is not ProviderKey.TWO_CHECKOUT:
            return name
        taken = [group.name for group in self.shop.groups if group.name and group.members]
        is_taken = self.dice.random() < 0.2
        return self.dice.choice(taken) if is_taken else f"{name} {self.dice.randrange(1_000_000)}"

    def _free(self) -> list[str]:
        """Products that may well be put into a group: at Dodo those that are in none."""
        if self._seldom():
            return [*self.shop.products][:40]
        on_sale = [each for each, is_sold in self.shop.products.items() if is_sold]
        if self.shop.key is not ProviderKey.DODO:
            return on_sale[:40]
        held = {each for group in self.shop.groups for each in group.members}
        return [each for each in on_sale if each not in held]

    def _some_of(self, values: Sequence[str], least: int = 0) -> list[str]:
        """Choose a few in any order, and now and then one that nobody knows."""
        most = 10 if self._seldom() else 4
        count = min(self.dice.randint(max(least, 1), most), len(values))
        some = self.dice.sample(list(values), count)
        return [*some, "unknown"] if len(some) < least or self._seldom() else some

    def _shuffled(self, values: Sequence[ValueT]) -> list[ValueT]:
        return self.dice.sample(list(values), len(values))

    def _refs(self, native_ids: Sequence[str]) -> list[GivenRef]:
        return [product_ref(self.shop.key, each) for each in dict.fromkeys(native_ids)]

    def _seldom(self) -> bool:
        return self.dice.random() < 0.08
