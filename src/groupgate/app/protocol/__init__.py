"""GraphQL over HTTP: requests, document sources, documents and responses."""
