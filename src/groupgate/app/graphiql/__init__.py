"""The API explorer: GraphiQL, served from the package without external resources."""
