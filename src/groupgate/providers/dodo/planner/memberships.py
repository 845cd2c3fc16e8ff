"""Which products a group holds, in what order and whether they are offered there."""

from collections.abc import Sequence

from groupgate.domain.catalog import GroupProductStatus
from groupgate.domain.errors import Refused
from groupgate.domain.planner import Plan, Step
from groupgate.domain.refs import GroupRef, ProductRef
from groupgate.domain.refusals import InvalidInput, NotFound, UserErrorCode
from groupgate.providers.dodo.client import DodoClient
from groupgate.providers.dodo.planner.places import (
    PRODUCT_IDS,
    Place,
    find_place,
    last_product,
    refuse_what_is_elsewhere,
)
from groupgate.providers.dodo.planner.reasons import RejectionDiagnosis
from groupgate.providers.dodo.planner.rows import RowWriter


async def assign(
    client: DodoClient, reasons: RejectionDiagnosis, ref: GroupRef, products: Sequence[ProductRef]
) -> Plan:
    """Add those that are not in the group yet."""
    place = await find_place(client, ref)
    refuse_what_is_elsewhere(place, products)
    missing = [product for product in products if product.native_id not in place.rows]
    if not missing:
        return Plan()
    return Plan(stages=((RowWriter(client, reasons, place).add(missing),),))


async def unassign(
    client: DodoClient, reasons: RejectionDiagnosis, ref: GroupRef, products: Sequence[ProductRef]
) -> Plan:
    """Take out those that are in the group."""
    place = await find_place(client, ref)
    present = [each.native_id for each in products if each.native_id in place.rows]
    if not present:
        return Plan()
    _refuse_to_empty(place, present)
    writer = RowWriter(client, reasons, place)
    return Plan(stages=(tuple(writer.remove(place.rows[each]) for each in present),))


async def set_products(
    client: DodoClient, reasons: RejectionDiagnosis, ref: GroupRef, products: Sequence[ProductRef]
) -> Plan:
    """Add, take out and put in order; adding comes first, so that the collection is never empty."""
    place = await find_place(client, ref)
    refuse_what_is_elsewhere(place, products)
    wanted = [product.native_id for product in products]
    missing = [product for product in products if product.native_id not in place.rows]
    surplus = [row for row in place.record.products if row.product_id not in set(wanted)]
    if not wanted:
        _refuse_to_empty(place, list(place.rows))
    writer = RowWriter(client, reasons, place)
    stages = [
        (writer.add(missing),) if missing else (),
        tuple(map(writer.remove, surplus)),
        (writer.order(wanted),) if _by_itself(place, wanted) != wanted else (),
    ]
    return Plan(stages=tuple(stage for stage in stages if stage))


async def reorder(
    client: DodoClient, reasons: RejectionDiagnosis, ref: GroupRef, order: Sequence[ProductRef]
) -> Plan:
    """Put the rows of all products of the group in order."""
    place = await find_place(client, ref)
    product_ids = [product.native_id for product in order]
    if place.rows.keys() != set(product_ids):
        message = "The list must name every product of the group once."
        code = UserErrorCode.NOT_A_PERMUTATION
        raise Refused(InvalidInput(message=message, code=code, field=PRODUCT_IDS))
    return Plan(stages=((RowWriter(client, reasons, place).order(product_ids),),))


async def update(
    client: DodoClient,
    reasons: RejectionDiagnosis,
    ref: GroupRef,
    product: ProductRef,
    status: GroupProductStatus,
) -> Plan:
    """Switch the row of a product, unless it is so already."""
    place = await find_place(client, ref)
    row = place.rows.get(product.native_id)
    if row is None:
        raise Refused(NotFound(message="This product is not in the group.", about=product))
    is_active = status is GroupProductStatus.ACTIVE
    if row.status is is_active:
        return Plan()
    step: Step = RowWriter(client, reasons, place).offer(row, is_active=is_active)
    return Plan(stages=((step,),))


def _refuse_to_empty(place: Place, product_ids: Sequence[str]) -> None:
    if place.is_all_of_its_collection(product_ids):
        raise Refused(last_product(place.ref, PRODUCT_IDS))


def _by_itself(place: Place, wanted: Sequence[str]) -> list[str]:
    """The order that adding and taking out leave: the old rows, and behind them the new ones."""
    kept = [each for each in place.rows if each in set(wanted)]
    return kept + [each for each in wanted if each not in place.rows]
