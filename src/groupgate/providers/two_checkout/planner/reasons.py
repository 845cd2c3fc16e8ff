"""Why the vendor says no: its statuses do not tell (undocumented), so a read after them has to."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from groupgate.domain.catalog import Group
from groupgate.domain.errors import Refused, UpstreamError, WriteOutcome
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, Ref
from groupgate.domain.refusals import Conflict, InvalidInput, NotFound, UserErrorCode
from groupgate.providers.two_checkout import mapping
from groupgate.upstream.client import is_addressable


@contextmanager
def diagnosing_rejection() -> Iterator[None]:
    """Reads after a write that was refused; if one fails, the write was refused all the same."""
    try:
        yield
    except UpstreamError as error:
        error.outcome = WriteOutcome.NOT_APPLIED
        raise


def refuse_unless_possible(
    collection: CollectionRef, products: Iterable[ProductRef], group: GroupRef | None = None
) -> None:
    """Raise Refused for what cannot exist here, for no path could name it."""
    refusals = [gone(product) for product in products if not is_addressable(product.native_id)]
    if collection != mapping.COLLECTION.ref:
        refusals.append(gone(group or collection))
    elif group is not None and not is_addressable(group.native_id):
        refusals.append(gone(group))
    if refusals:
        raise Refused(*refusals)


def gone(ref: Ref) -> NotFound:
    """The thing is not there."""
    return NotFound(message="It does not exist, or no longer.", about=ref)


def taken(group: Group) -> Conflict:
    """The names of groups are unique (documented)."""
    return Conflict(
        message="There is a group of this name already.",
        code=UserErrorCode.TAKEN,
        field=("input", "name"),
        conflicting_ref=group.ref,
    )


def not_a_group() -> InvalidInput:
    """The vendor refuses a new group, but not because of its name."""
    message = "2Checkout does not make a group of this."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, field=("input",))


def takes_nothing(group: GroupRef) -> NotFound:
    """The product is there, and a call names nothing else that could be wrong but the group."""
    message = "2Checkout puts no product into it; it may exist no longer."
    return NotFound(message=message, about=group)


def stays(product: ProductRef, *, in_general: bool) -> InvalidInput:
    """The product cannot be taken out of the group that it is in."""
    message = "2Checkout does not take this product out of the group."
    if in_general:
        message = "Products leave the general group only by being put into another one."
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product)
