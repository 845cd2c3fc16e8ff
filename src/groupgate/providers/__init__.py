"""The adapters of the vendors: a package for each, with the same modules and names."""
