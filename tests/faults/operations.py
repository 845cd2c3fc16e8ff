"""The read and the writes that every fault is tested with."""

from typing import Final

from tests.e2e.valid_mutations import AT_AXIM, AT_DODO, ODD, ValidMutation, valid_mutation
from tests.providers.two_checkout import seed as two_checkout

READ: Final = """
query($key: ProviderKey!) {
  provider(key: $key) { products(first: 1) { nodes { id } } }
}
"""
"""Takes one call at each vendor."""

WRITES: Final[dict[str, ValidMutation]] = {
    "AXIM": AT_AXIM["update"],
    "DODO": AT_DODO["update"],
    "TWO_CHECKOUT": valid_mutation(
        "groupAssignProducts", id=two_checkout.UTILITIES, products=ODD[:1]
    ),
}
"""By vendor a mutation that takes one write, and no reads before or after it."""
