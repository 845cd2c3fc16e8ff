"""Groups and products of 2Checkout's simulator."""

from collections.abc import Iterable

from groupgate.domain.catalog import Membership
from groupgate.domain.refs import CollectionRef, GroupRef, ProductRef, ProviderKey
from groupgate.domain.refusals import InvalidInput, UserErrorCode
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from tests.providers.faults import Fault


def group_ref(code: str) -> GroupRef:
    """Return the ref of a group."""
    return GroupRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def product_ref(code: str) -> ProductRef:
    """Return the ref of a product."""
    return ProductRef(provider=ProviderKey.TWO_CHECKOUT, native_id=code)


def product_refs(codes: Iterable[str]) -> list[ProductRef]:
    """Return the refs of products."""
    return list(map(product_ref, codes))


COLLECTION = CollectionRef(provider=ProviderKey.TWO_CHECKOUT)
OTHER_COLLECTION = CollectionRef(provider=ProviderKey.TWO_CHECKOUT, native_id="x")

GENERAL = group_ref("0A1B2C3D4E")
OFFICE = group_ref("DBA13A4268")
UTILITIES = group_ref("12E4567890")
LEGACY = group_ref("F00DBABE42")
"""A group without products."""
UNKNOWN_GROUP = group_ref("FFFFFFFFFF")
GROUP_OF_OTHER_COLLECTION = GroupRef(
    provider=ProviderKey.TWO_CHECKOUT, collection_id="x", native_id="DBA13A4268"
)

READER = product_ref("FREE-READER")
"""A product in the group "General"."""
WRITER = product_ref("FWR-STU-1M")
"""A product in the group "Office"."""
UNKNOWN_PRODUCT = product_ref("no such/product")

READER_IN_GENERAL = "/products/FREE-READER/productgroups/0A1B2C3D4E/"
READER_IN_LEGACY = "/products/FREE-READER/productgroups/F00DBABE42/"
WRITER_IN_OFFICE = "/products/FWR-STU-1M/productgroups/DBA13A4268/"
WRITER_IN_LEGACY = "/products/FWR-STU-1M/productgroups/F00DBABE42/"

NOT_REMOVABLE = "2Checkout does not remove the product from this group."
NOT_REMOVABLE_FROM_GENERAL = (
    "A product leaves the General group only when it is added to another group."
)

EMPTY_RESPONSE = Fault(status=201, reaches_vendor=True)
FALSE_RESPONSE = Fault(body=b"false", reaches_vendor=True)
ERROR_WITH_200 = Fault(body=b'{"error_code": "INTERNAL", "message": "no"}')


def codes(members: Iterable[Membership]) -> list[str]:
    """Return the codes of a group's products."""
    return [member.product.ref.native_id for member in members]


def not_removable(code: str, message: str) -> InvalidInput:
    """Return the refusal of a product that cannot be removed from its group."""
    return InvalidInput(message=message, code=UserErrorCode.INVALID, about=product_ref(code))


def products_by_group(simulator: TwoCheckoutSimulator) -> dict[str, list[str]]:
    """Return the codes of the products in each group, by the group's name."""
    return {group["Name"]: group["products"] for group in simulator.snapshot()["groups"]}


def moved_products(simulator: TwoCheckoutSimulator) -> dict[str, str]:
    """Return the products that are in another group than in the seed, with its name."""
    seed = _group_by_product(TwoCheckoutSimulator())
    now = _group_by_product(simulator)
    return {code: name for code, name in now.items() if seed[code] != name}


def _group_by_product(simulator: TwoCheckoutSimulator) -> dict[str, str]:
    groups = products_by_group(simulator)
    return {code: name for name, product_codes in groups.items() for code in product_codes}
