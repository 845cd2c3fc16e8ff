"""A successful mutation of each kind at each vendor, based on the seed data of the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groupgate.domain.refs import Ref
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.documents import document
from tests.providers.axim import seed as axim
from tests.providers.axim.seed import COLLECTION as AXIM_COLLECTION
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout
from tests.providers.two_checkout.seed import COLLECTION, product_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidMutation:
    """A mutation that succeeds."""

    name: str
    arguments: Mapping[str, Any]

    @property
    def document(self) -> str:
        """A document of the mutation that selects only the user errors."""
        return document(self.name, "userErrors { code }", self.arguments)

    @property
    def target(self) -> str | None:
        """The id of the node whose revision can be required; None if the mutation takes none."""
        if self.name.endswith(("Create", "Unarchive")):
            return None
        names = ("id", "groupId", "fromGroupId")
        found: str = next(self.arguments[name] for name in names if name in self.arguments)
        return found


def valid_mutation(
    name: str, *, products: list[Any] | None = None, **arguments: Any
) -> ValidMutation:
    """Return a mutation; arguments that are refs are encoded as ids."""
    given = {name: _encoded(value) for name, value in arguments.items()}
    if products is not None:
        given["productIds"] = [encode_id(each) for each in products]
    return ValidMutation(name=name, arguments=given)


def _encoded(value: Any) -> Any:
    return encode_id(value) if isinstance(value, Ref) else value


_DODO, _AXIM = DodoSimulator(), AximSimulator()

MONTHLY = dodo.members(_DODO, dodo.MONTHLY)
ADD_ONS = dodo.members(_DODO, dodo.ADD_ONS)
CRM_GROUPS = [
    dodo.group("Kestrel CRM", name) for name in ("Partners only", "Yearly", "Monthly", "Add-ons")
]

AT_DODO = {
    "update": valid_mutation(
        "groupUpdate", id=dodo.MONTHLY, input={"name": None, "status": "INACTIVE"}
    ),
    "create": valid_mutation(
        "groupCreate", collectionId=dodo.CRM, input={"name": "Icons"}, products=dodo.ICONS
    ),
    "delete": valid_mutation("groupDelete", id=dodo.MONTHLY),
    "reorder": valid_mutation("groupReorderProducts", id=dodo.MONTHLY, products=MONTHLY[::-1]),
    "assign": valid_mutation("groupAssignProducts", id=dodo.MONTHLY, products=dodo.ICONS),
    "unassign": valid_mutation("groupUnassignProducts", id=dodo.MONTHLY, products=MONTHLY[:2]),
    "set": valid_mutation(
        "groupSetProducts", id=dodo.MONTHLY, products=[dodo.ICONS[0], *MONTHLY[:0:-1]]
    ),
    "move": valid_mutation(
        "groupMoveProducts",
        fromGroupId=dodo.MONTHLY,
        toGroupId=dodo.GERMANY,
        products=MONTHLY[:2],
        position=3,
    ),
    "membership update": valid_mutation(
        "groupProductUpdate",
        groupId=dodo.MONTHLY,
        productId=MONTHLY[0],
        input={"status": "INACTIVE"},
    ),
    "collection update": valid_mutation(
        "productCollectionUpdate", id=dodo.CRM, input={"name": "CRM", "description": None}
    ),
    "collection order": valid_mutation(
        "productCollectionReorderGroups",
        id=dodo.CRM,
        groupIds=[encode_id(each) for each in CRM_GROUPS],
    ),
    "collection create": valid_mutation(
        "productCollectionCreate",
        provider="DODO",
        input={"name": "Icon shop", "description": "Icons"},
        group={"name": "Icons", "status": "INACTIVE"},
        products=dodo.ICONS,
    ),
    "collection archive": valid_mutation("productCollectionArchive", id=dodo.CRM),
    "collection unarchive": valid_mutation("productCollectionUnarchive", id=dodo.CRM_2024),
}

BEDROOM = axim.group_named(_AXIM, "Bedroom")
CHRISTMAS = axim.group_named(_AXIM, "Christmas 2026")
BEDS = axim.product_refs(axim.product_ids(_AXIM, "Bedroom"))
LOOSE = axim.product_refs(axim.ids_outside(_AXIM, "Bedroom", 3))

AT_AXIM = {
    "update": valid_mutation(
        "groupUpdate", id=BEDROOM, input={"name": "Sleep", "access": "RESTRICTED"}
    ),
    "create": valid_mutation(
        "groupCreate",
        collectionId=AXIM_COLLECTION,
        input={"name": "New", "access": "RESTRICTED"},
        products=LOOSE,
    ),
    "delete": valid_mutation("groupDelete", id=BEDROOM),
    "assign": valid_mutation("groupAssignProducts", id=BEDROOM, products=LOOSE),
    "unassign": valid_mutation("groupUnassignProducts", id=BEDROOM, products=BEDS[:3]),
    "set": valid_mutation("groupSetProducts", id=BEDROOM, products=[*BEDS[5:], *LOOSE]),
    "move": valid_mutation(
        "groupMoveProducts", fromGroupId=BEDROOM, toGroupId=CHRISTMAS, products=BEDS[:2]
    ),
}

UTILITIES = [
    product_ref(code)
    for code in two_checkout.products_by_group(TwoCheckoutSimulator())["Utilities"]
]
ODD = [product_ref("C/C++ Toolkit"), product_ref("50%-off bundle")]

AT_TWO_CHECKOUT = {
    "create": valid_mutation(
        "groupCreate", collectionId=COLLECTION, input={"name": "New"}, products=ODD
    ),
    "assign": valid_mutation("groupAssignProducts", id=two_checkout.UTILITIES, products=ODD),
    "unassign": valid_mutation(
        "groupUnassignProducts", id=two_checkout.UTILITIES, products=UTILITIES[:3]
    ),
    "set": valid_mutation(
        "groupSetProducts", id=two_checkout.UTILITIES, products=[*ODD, *UTILITIES[3:]]
    ),
    "move": valid_mutation(
        "groupMoveProducts",
        fromGroupId=two_checkout.UTILITIES,
        toGroupId=two_checkout.LEGACY,
        products=UTILITIES[:2],
    ),
}

VALID_MUTATIONS = {
    **{f"Dodo, {name}": each for name, each in AT_DODO.items()},
    **{f"Axim, {name}": each for name, each in AT_AXIM.items()},
    **{f"2Checkout, {name}": each for name, each in AT_TWO_CHECKOUT.items()},
}
