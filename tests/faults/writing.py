"""The writes that meet every fault."""

from typing import Final

from tests.e2e.possible_changes import AT_AXIM, AT_DODO, ODD, Change, change
from tests.providers.two_checkout import seed as two_checkout

WRITES: Final[dict[str, Change]] = {
    "AXIM": AT_AXIM["update"],
    "DODO": AT_DODO["update"],
    "TWO_CHECKOUT": change("groupAssignProducts", id=two_checkout.UTILITIES, products=ODD[:1]),
}
"""One call each, with no reads before it or after it."""
