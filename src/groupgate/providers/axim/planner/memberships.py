"""Which products a group holds, and what makes it hold others."""

from collections.abc import Sequence

from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.providers.axim.client import gone
from groupgate.providers.axim.planner.updates import Update, Updates


class Memberships:
    """Reads and changes the products of groups."""

    def __init__(self, updates: Updates, reads: Provider) -> None:
        self._updates = updates
        self._reads = reads

    async def find(self, ref: GroupRef) -> list[ProductRef] | None:
        """All products of a group; None if it is not there."""
        members = (await self._reads.get_memberships([ref])).get(ref)
        if isinstance(members, UpstreamError):
            raise members
        return None if members is None else [member.product.ref for member in members]

    async def of(self, ref: GroupRef) -> list[ProductRef]:
        """All products of a group; raise Refused if it is not there."""
        found = await self.find(ref)
        if found is None:
            raise Refused(gone(ref))
        return found

    async def add(self, ref: GroupRef, products: Sequence[ProductRef]) -> None:
        """Add products now."""
        await self._updates.send(ref, Update(add=products))

    async def remove(self, ref: GroupRef, products: Sequence[ProductRef]) -> None:
        """Take products out now; if they are gone, it does not matter that no answer came."""
        try:
            await self._updates.send(ref, Update(remove=products))
        except UpstreamError as error:
            if error.outcome is not WriteOutcome.UNKNOWN or await self._may_hold(ref, products):
                raise

    async def _may_hold(self, ref: GroupRef, products: Sequence[ProductRef]) -> bool:
        try:
            held = await self.find(ref)
        except UpstreamError:
            return True
        return not set(products).isdisjoint(held or ())
