"""The catalogue of one vendor as a test believes it to be, and as a played vendor shows it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey, Ref

Json = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Group:
    """A group; its members are products with their statuses in the group, in order."""

    ref: GroupRef
    name: str | None
    status: str = "ACTIVE"
    access: str | None = None
    description: str | None = None
    template: str | None = None
    members: dict[str, str] = field(default_factory=dict)

    def shown(self, *, is_ordered: bool) -> list[object]:
        """All that there is to compare."""
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
        """All that its groups hold."""
        return {product for group in self.groups for product in group.members}


@dataclass(slots=True, kw_only=True)
class Shop:
    """What one vendor has: collections, and all products with whether they are on sale."""

    key: ProviderKey
    collections: list[Collection]
    products: dict[str, bool]

    @property
    def is_ordered(self) -> bool:
        """Whether products have an order in their group."""
        return self.key is ProviderKey.DODO

    @property
    def groups(self) -> list[Group]:
        """All groups."""
        return [group for collection in self.collections for group in collection.groups]

    def collection(self, ref: Ref | None) -> Collection | None:
        """The collection of this ref."""
        return next((each for each in self.collections if each.ref == ref), None)

    def group(self, ref: Ref | None) -> Group | None:
        """The group of this ref."""
        return next((each for each in self.groups if each.ref == ref), None)

    def around(self, group: Group) -> Collection:
        """The collection that a group is in."""
        return next(each for each in self.collections if group in each.groups)

    def has(self, ref: Ref | None) -> bool:
        """Whether there is such a thing."""
        return self.group(ref) is not None or self.collection(ref) is not None

    def holders(self, product: str) -> Iterator[Group]:
        """The groups that hold a product."""
        return (group for group in self.groups if product in group.members)

    def shown(self) -> list[object]:
        """All that there is to compare."""
        return [
            [
                each.ref.native_id,
                each.name,
                each.description,
                each.is_archived,
                [group.shown(is_ordered=self.is_ordered) for group in each.groups],
            ]
            for each in self.collections
        ]


def product_ref(key: ProviderKey, native_id: str) -> ProductRef:
    """Name a product."""
    return ProductRef(provider=key, native_id=native_id)


def dodo_shop(snapshot: Json) -> Shop:
    """What the played Dodo holds."""
    key = ProviderKey.DODO

    def group(holder: str, record: Json) -> Group:
        rows = [(row["product_id"], _word(row["status"])) for row in record["items"]]
        return Group(
            ref=GroupRef(provider=key, collection_id=holder, native_id=record["id"]),
            name=record["name"],
            status=_word(record["status"]),
            members=_once(rows),
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
    return Shop(key=key, collections=collections, products=products)


def axim_shop(snapshot: Json) -> Shop:
    """What the played Axim holds."""
    key = ProviderKey.AXIM

    def group(record: Json) -> Group:
        return Group(
            ref=GroupRef(provider=key, native_id=record["id"]),
            name=record["name"],
            status=_word(record["status"]),
            access="RESTRICTED" if record["restrictAccess"] else "OPEN",
            members=_once((each, "ACTIVE") for each in record["products"]),
        )

    return _implicit(key, group, snapshot, "id")


def two_checkout_shop(snapshot: Json) -> Shop:
    """What the played 2Checkout holds."""
    key = ProviderKey.TWO_CHECKOUT

    def group(record: Json) -> Group:
        return Group(
            ref=GroupRef(provider=key, native_id=record["Code"]),
            name=record["Name"],
            description=record["Description"],
            template=record["TemplateName"],
            members=_once((each, "ACTIVE") for each in record["products"]),
        )

    return _implicit(key, group, snapshot, "ProductCode")


def _implicit(key: ProviderKey, group: Callable[[Json], Group], snapshot: Json, id: str) -> Shop:  # noqa: A002 - the name of a field
    collection = Collection(
        ref=CollectionRef(provider=key), groups=[group(each) for each in snapshot["groups"]]
    )
    products = {each[id]: True for each in snapshot["products"]}
    return Shop(key=key, collections=[collection], products=products)


def _word(is_active: object) -> str:
    return "ACTIVE" if is_active else "INACTIVE"


def _once(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Rows by their products, none of which may come twice."""
    listed = list(rows)
    members = dict(listed)
    assert len(members) == len(listed), "a product is in a group twice"
    return members
