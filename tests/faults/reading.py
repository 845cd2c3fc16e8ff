"""The read that meets every fault."""

from typing import Final

READ: Final = """
query($key: ProviderKey!) {
  provider(key: $key) { products(first: 1) { nodes { id } } }
}
"""
"""One call at each vendor."""
