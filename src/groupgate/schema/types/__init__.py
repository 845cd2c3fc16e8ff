"""The object types of the schema, one module for each type and its connection."""
