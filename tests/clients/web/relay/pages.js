// Reads a connection in the store, and fetches its pages like Relay's pagination hooks.

const {
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSingularSelector,
} = require("relay-runtime");

/** Returns the current data of a fragment in the store. */
exports.read = (environment, fragment, reference) =>
  environment.lookup(getSingularSelector(fragment, reference)).data;

/** Fetches all pages of the fragment's connection and returns its nodes. */
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
