"""Any object by its ref, out of the loaders."""

from typing import cast

from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef
from groupgate.schema.context import Context, Entity
from groupgate.schema.ids import AnyRef, ProviderRef
from groupgate.schema.types.node import Node


async def load_node(context: Context, ref: AnyRef) -> Node | None:
    """Load what this ref names, and show it; None if the gateway or the vendor does not have it."""
    if ref.provider not in context.providers:
        return None
    entity = await _load(context, ref)
    return None if entity is None else cast("Node", context.to_graphql(entity))


async def _load(context: Context, ref: AnyRef) -> Entity | None:
    loaders = context.loaders.of(ref.provider)
    match ref:
        case ProviderRef():
            return context.providers[ref.provider]
        case CollectionRef():
            return await loaders.collections.load(ref)
        case GroupRef():
            return await loaders.groups.load(ref)
        case ProductRef():
            return await loaders.products.load(ref)
