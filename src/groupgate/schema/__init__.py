"""GraphQL words in, GraphQL words out. The only layer that imports strawberry."""
