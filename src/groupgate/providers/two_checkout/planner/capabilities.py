"""What can be changed at 2Checkout, and the answer to what cannot."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from groupgate.domain.capabilities import Capability
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import Unsupported
from groupgate.providers.two_checkout import mapping

CAPABILITIES: Final = frozenset(
    {
        Capability.GROUP_CREATE,
        Capability.GROUP_ASSIGN_PRODUCTS,
        Capability.GROUP_UNASSIGN_PRODUCTS,
        Capability.GROUP_ASSIGN_MOVES,
        Capability.GROUP_DESCRIPTION,
        Capability.GROUP_TEMPLATE,
        Capability.GROUP_SET_PRODUCTS,
        Capability.GROUP_MOVE_PRODUCTS,
    }
)


def unsupported(capability: Capability) -> Callable[..., Coroutine[Any, Any, Plan]]:
    """A method of the planner for what the vendor's REST has no call for."""

    async def refuse(*_arguments: object) -> Plan:
        raise Refused(
            Unsupported(
                message=f"{mapping.COLLECTION.name} has no {capability.value}.",
                provider=ProviderKey.TWO_CHECKOUT,
                capability=capability,
            )
        )

    return refuse
