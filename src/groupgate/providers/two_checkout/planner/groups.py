"""Plans that create groups.

The response to a creation does not contain the group's code, so the group is found by its name,
which is unique (documented).
"""

from collections.abc import Collection, Sequence

from groupgate.domain.catalog import Group
from groupgate.domain.changes import GroupChange
from groupgate.domain.errors import (
    Malformed,
    Refused,
    Unconfirmed,
    UpstreamError,
    WriteOutcome,
    clear_traceback,
)
from groupgate.domain.planner import Plan, PlannedWrite, PlanResult, Step
from groupgate.domain.refs import CollectionRef, ProductRef
from groupgate.providers.two_checkout import mapping
from groupgate.providers.two_checkout.client import GROUPS_PATH, TwoCheckoutClient
from groupgate.providers.two_checkout.planner.rejections import (
    RejectionDiagnosis,
    check_refs,
    name_taken,
)
from groupgate.providers.two_checkout.planner.steps import MembershipSteps


class GroupPlanner:
    """Plans the creation of groups."""

    def __init__(
        self, client: TwoCheckoutClient, rejections: RejectionDiagnosis, steps: MembershipSteps
    ) -> None:
        self._client = client
        self._rejections = rejections
        self._steps = steps

    def create(
        self, ref: CollectionRef, change: GroupChange, products: Sequence[ProductRef]
    ) -> Plan:
        """Create a group, find its code by its name, and add the products.

        The products get the group's cart template without a call (documented).
        """
        check_refs(ref, products)
        result = PlanResult()

        async def send() -> None:
            result.entity = await self._create(change)
            result.group = result.entity.ref

        label = f'"{change.name}"'
        call = PlannedWrite(
            method="POST", path=GROUPS_PATH, description=f"Create the group {label}."
        )
        creation = (Step(call=call, send=send),)
        additions = tuple(
            self._steps.add_to_created_group(product, result, label) for product in products
        )
        stages = (creation, additions) if additions else (creation,)
        return Plan(stages=stages, result=result)

    async def _create(self, change: GroupChange) -> Group:
        before = frozenset(self._client.group_names)
        try:
            is_created = await self._client.create_product_group(mapping.group_body(change))
        except UpstreamError as error:
            if error.outcome is WriteOutcome.NOT_APPLIED:
                raise
            return await self._find_after_failure(change, before, error)
        if not is_created:
            raise await self._rejections.diagnose_creation(change.name)
        return await self._find_created(change)

    async def _find_created(self, change: GroupChange) -> Group:
        try:
            group = await self._rejections.find_group(change.name)
            if group is None:
                message = "2Checkout does not list the new group."
                raise Malformed(self._client.account, message)
        except UpstreamError as error:
            error.message += " The group was created before that."
            error.outcome = WriteOutcome.UNKNOWN
            raise
        return group

    async def _find_after_failure(
        self, change: GroupChange, before: Collection[str], error: UpstreamError
    ) -> Group:
        """Return the new group after a response that is missing or cannot be read.

        A group that this process has not read before may be older all the same; products must not
        be added to it.
        """
        try:
            group = await self._rejections.find_group(change.name)
        except UpstreamError:
            raise error from None
        if group is None:
            error.message += " A read after that found no group of this name."
            if isinstance(error, Unconfirmed):
                error.outcome = WriteOutcome.NOT_APPLIED
            raise error
        if group.ref.native_id in before:
            raise Refused(name_taken(group)) from None
        if not await self._is_like_new(group, change):
            error.message += " There is a group of this name, but it may be older."
            raise error
        clear_traceback(error)
        return group

    async def _is_like_new(self, group: Group, change: GroupChange) -> bool:
        """Return True if a group has the requested fields and, like a new group, no products."""
        requested = mapping.group_body(change)
        if (group.description or "") != (requested.get("Description") or ""):
            return False
        if group.template_name != (requested.get("TemplateName") or group.template_name):
            return False
        try:
            return not (await self._client.list_products(1, group.name)).rows
        except UpstreamError:
            return False
