"""GraphQL over HTTP, one step of a request in each module; `groupgate.app.graphql` joins them."""
