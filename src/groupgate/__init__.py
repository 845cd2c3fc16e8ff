"""groupgate: one GraphQL API over the product groups of several billing vendors."""

__version__ = "0.1.0"
