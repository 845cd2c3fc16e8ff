"""The nouns of the schema. Downward they import; upward they go through `strawberry.lazy`."""
