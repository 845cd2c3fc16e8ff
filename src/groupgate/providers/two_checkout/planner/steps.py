"""The writes that add products to groups and remove them: one call for each product."""

from collections.abc import Iterable
from functools import partial

from groupgate.domain.planner import PlannedWrite, PlanResult, Step, verify_if_unconfirmed
from groupgate.domain.provider import Provider
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.providers.two_checkout.client import TwoCheckoutClient, membership_path
from groupgate.providers.two_checkout.planner.rejections import RejectionDiagnosis
from groupgate.upstream.results import unwrap


class MembershipSteps:
    """Makes steps for products of groups."""

    def __init__(
        self, client: TwoCheckoutClient, rejections: RejectionDiagnosis, reads: Provider
    ) -> None:
        self._client = client
        self._rejections = rejections
        self._reads = reads

    def add(self, products: Iterable[ProductRef], group: GroupRef) -> tuple[Step, ...]:
        """Add products to a group."""
        result, label = PlanResult(group=group), self._label(group)
        return tuple(self.add_to_created_group(product, result, label) for product in products)

    def add_to_created_group(self, product: ProductRef, result: PlanResult, label: str) -> Step:
        """Add a product to the group in `result`, which an earlier stage may create."""

        async def send() -> None:
            await self._add(product, result.created_group)

        async def is_added() -> bool:
            return await self._is_in(product, result.created_group)

        code = result.group.native_id if result.group else None
        call = PlannedWrite(
            method="POST",
            path=membership_path(product.native_id, code),
            description=f'Add the product "{product.native_id}" to the group {label}.',
        )
        return verify_if_unconfirmed(Step(call=call, send=send, products=(product,)), is_added)

    def remove(self, products: Iterable[ProductRef], group: GroupRef) -> tuple[Step, ...]:
        """Remove products from a group, which adds them to the group "General"."""
        return tuple(self._removal(product, group) for product in products)

    def _removal(self, product: ProductRef, group: GroupRef) -> Step:
        async def is_removed() -> bool:
            return not await self._is_in(product, group)

        code = product.native_id
        call = PlannedWrite(
            method="DELETE",
            path=membership_path(code, group.native_id),
            description=f'Remove the product "{code}" from the group {self._label(group)}.',
        )
        step = Step(call=call, send=partial(self._remove, product, group), products=(product,))
        return verify_if_unconfirmed(step, is_removed)

    async def _add(self, product: ProductRef, group: GroupRef) -> None:
        if not await self._client.assign_product_to_group(product.native_id, group.native_id):
            raise await self._rejections.diagnose_addition(product, group)

    async def _remove(self, product: ProductRef, group: GroupRef) -> None:
        """Remove a product; a rejection counts as success if the product is in another group."""
        if not await self._client.unassign_product_from_group(product.native_id, group.native_id):
            await self._rejections.check_removal(product, group)

    async def _is_in(self, product: ProductRef, group: GroupRef) -> bool:
        """Read the product; return True if it is in the group."""
        return group in (unwrap((await self._reads.groups_of([product])).get(product)) or ())

    def _label(self, group: GroupRef) -> str:
        name = self._client.group_names.get(group.native_id)
        return f'"{name}"' if name else group.native_id
