"""A change of every kind at every vendor that can make it, each to the catalogue of the seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groupgate.domain.refs import Ref
from groupgate.sandbox.axim import AximSimulator
from groupgate.sandbox.dodo import DodoSimulator
from groupgate.sandbox.two_checkout import TwoCheckoutSimulator
from groupgate.schema.ids import encode_id
from tests.e2e.mutations import document
from tests.providers.axim import seed as axim
from tests.providers.axim.seed import COLLECTION as AXIM_SHOP
from tests.providers.dodo import seed as dodo
from tests.providers.two_checkout import seed as two_checkout
from tests.providers.two_checkout.seed import COLLECTION, product_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A mutation that goes through."""

    mutation: str
    arguments: Mapping[str, Any]

    @property
    def document(self) -> str:
        """It as a document, which asks only for what is wrong with it."""
        return document(self.mutation, "userErrors { code }", dict(self.arguments))

    @property
    def target(self) -> str | None:
        """The id of what has a revision before the change; None for creations and the like."""
        if self.mutation.endswith(("Create", "Unarchive")):
            return None
        names = ("id", "groupId", "fromGroupId")
        found: str = next(self.arguments[name] for name in names if name in self.arguments)
        return found


def change(mutation: str, *, products: list[Any] | None = None, **arguments: Any) -> Change:
    """A change whose arguments may be refs."""
    given = {name: _encoded(value) for name, value in arguments.items()}
    if products is not None:
        given["productIds"] = [encode_id(each) for each in products]
    return Change(mutation=mutation, arguments=given)


def _encoded(value: Any) -> Any:
    return encode_id(value) if isinstance(value, Ref) else value


_DODO, _AXIM = DodoSimulator(), AximSimulator()

MONTHLY = dodo.members(_DODO, dodo.MONTHLY)
ADD_ONS = dodo.members(_DODO, dodo.ADD_ONS)
CRM_GROUPS = [
    dodo.group("Kestrel CRM", name) for name in ("Partners only", "Yearly", "Monthly", "Add-ons")
]

AT_DODO = {
    "update": change("groupUpdate", id=dodo.MONTHLY, input={"name": None, "status": "INACTIVE"}),
    "create": change(
        "groupCreate", collectionId=dodo.CRM, input={"name": "Icons"}, products=dodo.ICONS
    ),
    "delete": change("groupDelete", id=dodo.MONTHLY),
    "reorder": change("groupReorderProducts", id=dodo.MONTHLY, products=MONTHLY[::-1]),
    "assign": change("groupAssignProducts", id=dodo.MONTHLY, products=dodo.ICONS),
    "unassign": change("groupUnassignProducts", id=dodo.MONTHLY, products=MONTHLY[:2]),
    "set": change("groupSetProducts", id=dodo.MONTHLY, products=[dodo.ICONS[0], *MONTHLY[:0:-1]]),
    "move": change(
        "groupMoveProducts",
        fromGroupId=dodo.MONTHLY,
        toGroupId=dodo.GERMANY,
        products=MONTHLY[:2],
        position=3,
    ),
    "offer": change(
        "groupProductUpdate",
        groupId=dodo.MONTHLY,
        productId=MONTHLY[0],
        input={"status": "INACTIVE"},
    ),
    "collection update": change(
        "productCollectionUpdate", id=dodo.CRM, input={"name": "CRM", "description": None}
    ),
    "collection order": change(
        "productCollectionReorderGroups",
        id=dodo.CRM,
        groupIds=[encode_id(each) for each in CRM_GROUPS],
    ),
    "collection create": change(
        "productCollectionCreate",
        provider="DODO",
        input={"name": "Icon shop", "description": "Icons"},
        group={"name": "Icons", "status": "INACTIVE"},
        products=dodo.ICONS,
    ),
    "collection archive": change("productCollectionArchive", id=dodo.CRM),
    "collection unarchive": change("productCollectionUnarchive", id=dodo.CRM_2024),
}

BEDROOM = axim.group_named(_AXIM, "Bedroom")
CHRISTMAS = axim.group_named(_AXIM, "Christmas 2026")
BEDS = axim.product_refs(axim.product_ids(_AXIM, "Bedroom"))
LOOSE = axim.product_refs(axim.ids_outside(_AXIM, "Bedroom", 3))

AT_AXIM = {
    "update": change("groupUpdate", id=BEDROOM, input={"name": "Sleep", "access": "RESTRICTED"}),
    "create": change(
        "groupCreate",
        collectionId=AXIM_SHOP,
        input={"name": "New", "access": "RESTRICTED"},
        products=LOOSE,
    ),
    "delete": change("groupDelete", id=BEDROOM),
    "assign": change("groupAssignProducts", id=BEDROOM, products=LOOSE),
    "unassign": change("groupUnassignProducts", id=BEDROOM, products=BEDS[:3]),
    "set": change("groupSetProducts", id=BEDROOM, products=[*BEDS[5:], *LOOSE]),
    "move": change(
        "groupMoveProducts", fromGroupId=BEDROOM, toGroupId=CHRISTMAS, products=BEDS[:2]
    ),
}

UTILITIES = [
    product_ref(code)
    for code in two_checkout.products_by_group(TwoCheckoutSimulator())["Utilities"]
]
ODD = [product_ref("C/C++ Toolkit"), product_ref("50%-off bundle")]

AT_TWO_CHECKOUT = {
    "create": change("groupCreate", collectionId=COLLECTION, input={"name": "New"}, products=ODD),
    "assign": change("groupAssignProducts", id=two_checkout.UTILITIES, products=ODD),
    "unassign": change("groupUnassignProducts", id=two_checkout.UTILITIES, products=UTILITIES[:3]),
    "set": change("groupSetProducts", id=two_checkout.UTILITIES, products=[*ODD, *UTILITIES[3:]]),
    "move": change(
        "groupMoveProducts",
        fromGroupId=two_checkout.UTILITIES,
        toGroupId=two_checkout.LEGACY,
        products=UTILITIES[:2],
    ),
}

CHANGES = {
    **{f"Dodo, {name}": each for name, each in AT_DODO.items()},
    **{f"Axim, {name}": each for name, each in AT_AXIM.items()},
    **{f"2Checkout, {name}": each for name, each in AT_TWO_CHECKOUT.items()},
}
