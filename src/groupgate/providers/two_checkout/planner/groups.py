"""Making a group. No answer tells its code, so it is found by its name, which is unique."""

from collections.abc import Collection

from groupgate.domain.catalog import Group
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import Malformed, Refused, UpstreamError, WriteOutcome
from groupgate.domain.planner import PlannedWrite, PlanResult, Step
from groupgate.domain.refs import ProviderKey
from groupgate.domain.refusals import Refusal
from groupgate.providers.two_checkout import mapping
from groupgate.providers.two_checkout.client import PRODUCT_GROUPS, TwoCheckoutClient
from groupgate.providers.two_checkout.planner.reasons import (
    diagnosing_rejection,
    not_a_group,
    taken,
)


class Groups:
    """Makes groups; each takes one read after the write, however the write went."""

    def __init__(self, client: TwoCheckoutClient) -> None:
        self._client = client

    def making(self, change: GroupChange, made: PlanResult) -> Step:
        """A step that makes a group and leaves it in `made`."""

        async def send() -> None:
            made.entity = await self._make(change)
            made.group = made.entity.ref

        description = f'Make the group "{change.name}".'
        call = PlannedWrite(method="POST", path=PRODUCT_GROUPS, description=description)
        return Step(call=call, send=send)

    async def _make(self, change: GroupChange) -> Group:
        before = frozenset(self._client.seen_groups)
        try:
            is_made = await self._client.create_product_group(mapping.new_group(change))
        except UpstreamError as error:
            if error.outcome is WriteOutcome.NOT_APPLIED:
                raise
            return await self._made_nevertheless(change, before, error)
        if not is_made:
            raise Refused(await self._why_not(change))
        return await self._just_made(change)

    async def _just_made(self, change: GroupChange) -> Group:
        try:
            group = await self._named(change.name)
            if group is None:
                raise Malformed(ProviderKey.TWO_CHECKOUT, "It does not list the new group.")
        except UpstreamError as error:
            error.message += " The group was made before that."
            error.outcome = WriteOutcome.UNKNOWN
            raise
        return group

    async def _made_nevertheless(
        self, change: GroupChange, before: Collection[str], error: UpstreamError
    ) -> Group:
        """The new group after an answer that did not come, or was not the one documented.

        The page shows no body for this answer, so an empty one ends here too. A group that nobody
        has read before may be an older one, which is not to be given products of a new one.
        """
        try:
            group = await self._named(change.name)
        except UpstreamError:
            raise error from None
        if group is None:
            error.message += " A moment later it listed no group of this name."
            raise error
        if group.ref.native_id in before:
            raise Refused(taken(group)) from None
        if not await self._is_as_new(group, change):
            error.message += " There is a group of this name, but it may have been there before."
            raise error
        return group

    async def _is_as_new(self, group: Group, change: GroupChange) -> bool:
        """Whether a group is just as the one that was to be made: a new one has no products."""
        wanted = mapping.new_group(change)
        if (group.description or "") != (wanted.get("Description") or ""):
            return False
        if group.template_name != (wanted.get("TemplateName") or group.template_name):
            return False
        try:
            return not (await self._client.list_products(1, group.name)).Items
        except UpstreamError:
            return False

    async def _why_not(self, change: GroupChange) -> Refusal:
        with diagnosing_rejection():
            group = await self._named(change.name)
        return not_a_group() if group is None else taken(group)

    async def _named(self, name: object) -> Group | None:
        groups = mapping.groups(await self._client.list_product_groups())
        return next((group for group in groups if group.name == name), None)
