// Reads a connection of the store, and fetches its pages as Relay's pagination hooks do.

const {
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSingularSelector,
} = require("relay-runtime");

/** What the store has of a fragment, read anew. */
exports.read = (environment, fragment, reference) =>
  environment.lookup(getSingularSelector(fragment, reference)).data;

/** All nodes of the fragment's connection; pages are fetched until there are no more. */
exports.readToEnd = async (environment, fragment, reference, size) => {
  for (;;) {
    const data = exports.read(environment, fragment, reference);
    const { paginationMetadata, paginationRequest } = getPaginationMetadata(fragment, "pages.js");
    const { edges, pageInfo } = data[paginationMetadata.path[0]];
    if (!pageInfo.hasNextPage) {
      return edges.map((edge) => edge.node);
    }
    const more = getPaginationVariables(
      "forward", size, pageInfo.endCursor, { id: data.id }, {}, paginationMetadata,
    );
    await fetchQuery(environment, paginationRequest, more).toPromise();
  }
};
