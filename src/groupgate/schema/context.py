"""What every resolver is handed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import strawberry

from groupgate.domain import catalog
from groupgate.domain.provider import Provider
from groupgate.domain.refs import ProviderKey
from groupgate.loaders.dataloaders import Loaders

Entity = Provider | catalog.ProductCollection | catalog.Group | catalog.Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The vendors and the loaders of one request: only those vendors that its caller may read.

    `writable` are the keys of vendors at which its caller may change something.
    `present` shows a thing of the domain as its type in the schema: with it a type can answer
    with one that stands above it without importing it.
    """

    providers: Mapping[ProviderKey, Provider]
    writable: frozenset[ProviderKey]
    loaders: Loaders
    request_id: str
    to_graphql: Callable[[Entity], object]


Info = strawberry.Info[Context, None]
