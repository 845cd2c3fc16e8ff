"""A model of one vendor's catalog, and how it is read from the vendor's simulator."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref
from groupgate.sandbox.app import Sandbox

Json = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Group:
    """A group; `members` are the product ids with their statuses in the group, in order."""

    ref: GroupRef
    name: str | None
    status: str = "ACTIVE"
    access: str | None = None
    description: str | None = None
    template: str | None = None
    members: dict[str, str] = field(default_factory=dict)

    def state(self, *, is_ordered: bool) -> list[object]:
        """Return a comparable copy of all fields."""
        rows = list(self.members.items())
        return [
            self.ref.native_id,
            self.name,
            self.status,
            self.access,
            self.description,
            self.template,
            rows if is_ordered else sorted(rows),
        ]


@dataclass(slots=True, kw_only=True)
class Collection:
    """A collection with its groups, in order."""

    ref: CollectionRef
    name: str = ""
    description: str = ""
    is_archived: bool = False
    groups: list[Group] = field(default_factory=list)

    @property
    def products(self) -> set[str]:
        """The ids of the products of all groups."""
        return {product for group in self.groups for product in group.members}


@dataclass(slots=True, kw_only=True)
class Catalog:
    """The collections of one vendor, and all product ids with True if the product is active."""

    key: ProviderKey
    collections: list[Collection]
    products: dict[str, bool]

    @property
    def is_ordered(self) -> bool:
        """True if the products of a group have an order."""
        return self.key is ProviderKey.DODO

    @property
    def groups(self) -> list[Group]:
        """The groups of all collections."""
        return [group for collection in self.collections for group in collection.groups]

    def collection(self, ref: Ref | None) -> Collection | None:
        """Return the collection with this ref, if it exists."""
        return next((each for each in self.collections if each.ref == ref), None)

    def group(self, ref: Ref | None) -> Group | None:
        """Return the group with this ref, if it exists."""
        return next((each for each in self.groups if each.ref == ref), None)

    def existing_group(self, ref: Ref | None) -> Group:
        """Return the group with this ref; assert that it exists."""
        group = self.group(ref)
        assert group is not None
        return group

    def collection_of(self, group: Group) -> Collection:
        """Return the collection that has this group."""
        return next(each for each in self.collections if group in each.groups)

    def has(self, ref: Ref | None) -> bool:
        """Return True if a group or a collection has this ref."""
        return self.group(ref) is not None or self.collection(ref) is not None

    def groups_with(self, product: str) -> Iterator[Group]:
        """Yield the groups that have this product."""
        return (group for group in self.groups if product in group.members)

    def state(self) -> list[object]:
        """Return a comparable copy of all collections and groups."""
        return [
            [
                each.ref.native_id,
                each.name,
                each.description,
                each.is_archived,
                [group.state(is_ordered=self.is_ordered) for group in each.groups],
            ]
            for each in self.collections
        ]


def product_ref(key: ProviderKey, native_id: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=key, native_id=native_id)


def read_catalog(sandbox: Sandbox, key: ProviderKey) -> Catalog:
    """Read the catalog that a vendor's simulator holds."""
    match key:
        case ProviderKey.DODO:
            return _dodo_catalog(sandbox.dodo.snapshot())
        case ProviderKey.AXIM:
            return _axim_catalog(sandbox.axim.snapshot())
        case ProviderKey.TWO_CHECKOUT:
            return _two_checkout_catalog(sandbox.two_checkout.snapshot())


def _dodo_catalog(snapshot: Json) -> Catalog:
    key = ProviderKey.DODO

    def group(collection_id: str, record: Json) -> Group:
        rows = [(row["product_id"], _status(row["status"])) for row in record["items"]]
        return Group(
            ref=GroupRef(provider=key, collection_id=collection_id, native_id=record["id"]),
            name=record["name"],
            status=_status(record["status"]),
            members=_members(rows),
        )

    collections = [
        Collection(
            ref=CollectionRef(provider=key, native_id=native_id),
            name=record["name"],
            description=record["description"] or "",
            is_archived=record["archived"],
            groups=[group(native_id, each) for each in record["groups"]],
        )
        for native_id, record in snapshot["collections"].items()
    ]
    products = {each: not record["archived"] for each, record in snapshot["products"].items()}
    return Catalog(key=key, collections=collections, products=products)


def _axim_catalog(snapshot: Json) -> Catalog:
    key = ProviderKey.AXIM

    def group(record: Json) -> Group:
        return Group(
            ref=GroupRef(provider=key, native_id=record["id"]),
            name=record["name"],
            status=_status(record["status"]),
            access="RESTRICTED" if record["restrictAccess"] else "OPEN",
            members=_members((each, "ACTIVE") for each in record["products"]),
        )

    return _implicit_catalog(key, group, snapshot, "id")


def _two_checkout_catalog(snapshot: Json) -> Catalog:
    key = ProviderKey.TWO_CHECKOUT

    def group(record: Json) -> Group:
        return Group(
            ref=GroupRef(provider=key, native_id=record["Code"]),
            name=record["Name"],
            description=record["Description"],
            template=record["TemplateName"],
            members=_members((each, "ACTIVE") for each in record["products"]),
        )

    return _implicit_catalog(key, group, snapshot, "ProductCode")


def _implicit_catalog(
    key: ProviderKey, group: Callable[[Json], Group], snapshot: Json, id_field: str
) -> Catalog:
    """Return the catalog of a vendor that has one implicit collection."""
    collection = Collection(
        ref=CollectionRef(provider=key), groups=[group(each) for each in snapshot["groups"]]
    )
    products = {each[id_field]: True for each in snapshot["products"]}
    return Catalog(key=key, collections=[collection], products=products)


def _status(is_active: object) -> str:
    return "ACTIVE" if is_active else "INACTIVE"


def _members(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return rows by product; assert that no product is there twice."""
    listed = list(rows)
    members = dict(listed)
    assert len(members) == len(listed), "a product is in a group twice"
    return members
