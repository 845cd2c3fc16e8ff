"""The explorer: GraphiQL, served from the package, with nothing fetched from elsewhere."""
