"""Catalogue objects, errors, and the port to a vendor. Standard library only, no I/O."""
