"""Decodes vendors' responses: strictly first, then value by value if something is odd."""
