"""The GraphQL schema, defined with strawberry: types, queries, mutations and their errors."""
