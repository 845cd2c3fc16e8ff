"""What the GraphQL types share: their context, fields that are attributes, the interface `Node`."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeVar

import strawberry
from msgspec import Struct
from msgspec.structs import replace

from groupgate.domain import catalog
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey, ProviderKey
from groupgate.loaders.dataloaders import Loaders
from groupgate.request import set_response_path
from groupgate.schema.errors import bad_input
from groupgate.schema.ids import AnyRef

RefT = TypeVar("RefT", bound=AnyRef)
ArgumentT = TypeVar("ArgumentT")
MethodT = TypeVar("MethodT", bound=Callable[..., Any])

Entity = Provider | catalog.ProductCollection | catalog.Group | catalog.Product

ATTRIBUTE: Final = "groupgate_attribute"
"""The name under which the function of such a field has the path of its attribute."""


MEMO: Final = "groupgate_memo"
"""The name under which a method has the path of the memo of its list."""


class Context(Struct, frozen=True, kw_only=True):
    """The vendors and the loaders of one request.

    `providers` contains only the accounts that the caller may read; `writable`, the keys of those
    that the caller may change, where the key of a vendor stands for all its accounts. `to_graphql`
    converts a domain object to its GraphQL type: through it a type can return a type that imports
    it, for example a product its group.
    """

    providers: Mapping[AccountKey, Provider]
    writable: frozenset[AccountKey]
    loaders: Loaders
    request_id: str
    to_graphql: Callable[[Entity], "Node"]

    def find_account(self, key: AccountKey) -> AccountKey:
        """Return the key of the account that a key means.

        The key of a vendor means the vendor's only account that the caller may read; raises
        BAD_USER_INPUT if there are several. Accounts that the caller may not read make no
        difference. Any other key is returned unchanged, whether or not the account exists.
        """
        if key in self.providers or not isinstance(key, ProviderKey):
            return key
        accounts = [account for account in self.providers if account.vendor is key]
        if len(accounts) > 1:
            names = [account.account for account in accounts]
            raise bad_input(
                f"You have access to several accounts of {key.display_name}: {', '.join(names)}. "
                "Name one in the argument `account`, or use an id of one of them.",
                accounts=names,
            )
        return accounts[0] if accounts else key

    def find_named_account(self, vendor: ProviderKey, name: str | None) -> AccountKey | None:
        """Return the key of a vendor's account; None if the caller can read none of this name.

        Without a name, the result and the error are those of `find_account`.
        """
        if name is None:
            return self.find_account(vendor)
        accounts = (account for account in self.providers if account.vendor is vendor)
        return next((account for account in accounts if account.account == name), None)

    def resolve(self, ref: RefT) -> RefT:
        """Return the ref with the account that it means; raise like `find_account`."""
        account = self.find_account(ref.provider)
        return ref if account is ref.provider else replace(ref, provider=account)

    def may_write(self, key: AccountKey) -> bool:
        """Return True if the caller may change data of this account."""
        return key in self.writable or key.vendor in self.writable


Info = strawberry.Info[Context, None]


def begin_loading(info: Info, *indexes: int) -> None:
    """Record that what this task loads next is for this field, or for this item of its list.

    Every resolver calls it before it loads anything.
    """
    path = info.path
    set_response_path((lambda: [*path.as_list(), *indexes]) if indexes else path.as_list)


def unset_to_none(argument: ArgumentT | None) -> ArgumentT | None:
    """Return the value of an argument for which omitted and null mean the same."""
    return None if argument is strawberry.UNSET else argument


def read_from(attribute: str, description: str) -> Any:
    """Declare a field that is read from an attribute, such as `entity.name`, when it is selected.

    The annotation of the class attribute is the field's type. Objects are not converted: one whose
    attributes have the names of the fields is its GraphQL type.
    """
    get: Callable[[Any], Any] = attrgetter(attribute)

    def read(root: Any):  # type: ignore[no-untyped-def] # noqa: ANN202 # a type here would replace that of the annotation
        return get(root)

    setattr(read, ATTRIBUTE, attribute)
    return strawberry.field(resolver=read, description=description)


def remembered_in(memo: str) -> Callable[[MethodT], MethodT]:
    """Declare that the objects in a method's list are always those of the list with this memo.

    `memo` is the path of its attribute, such as `loaded.page.memo`.
    """

    def declare(method: MethodT) -> MethodT:
        setattr(method, MEMO, memo)
        return method

    return declare


@strawberry.interface(description="An object that can be fetched by its id.")
class Node:
    """An object with a global id."""

    id: strawberry.ID = read_from(
        "global_id",
        description=(
            "The global, stable id of the object. The id is opaque: do not parse it, and send it "
            "exactly as you received it."
        ),
    )

    @property
    def global_id(self) -> str:
        """The id."""
        raise NotImplementedError
