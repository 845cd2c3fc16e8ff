"""The context that every resolver receives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import strawberry

from groupgate.domain import catalog
from groupgate.domain.provider import Provider
from groupgate.domain.refs import AccountKey
from groupgate.loaders.dataloaders import Loaders
from groupgate.request import set_response_path
from groupgate.schema.ids import Node

Entity = Provider | catalog.ProductCollection | catalog.Group | catalog.Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The vendors and the loaders of one request.

    `providers` contains only the vendors that the caller may read; `writable`, the keys of those
    that the caller may change. `to_graphql` converts a domain object to its GraphQL type: through
    it a type can return a type that imports it, for example a product its group.
    """

    providers: Mapping[AccountKey, Provider]
    writable: frozenset[AccountKey]
    loaders: Loaders
    request_id: str
    to_graphql: Callable[[Entity], Node]


Info = strawberry.Info[Context, None]


def begin_loading(info: Info, *indexes: int) -> None:
    """Record that what this task loads next is for this field, or for this item of its list.

    Every resolver calls it before it loads anything.
    """
    set_response_path([*info.path.as_list(), *indexes])
