// graphql-request: data, or an exception with the response of the gateway.

import { ClientError, GraphQLClient } from "graphql-request";
import { documents } from "./documents.mjs";
import { INVALID, TOO_LONG, messagesAndCodes } from "./failures.mjs";

const [url] = process.argv.slice(2);
const client = new GraphQLClient(url);

/** Returns the response in the exception of a request. */
async function failure(document, variables) {
  try {
    return await client.request(document, variables);
  } catch (error) {
    if (error instanceof ClientError) {
      return error.response;
    }
    throw error;
  }
}

const { provider } = await client.request(documents.Groups, { key: "AXIM" });
const { id } = provider.productCollections.nodes[0].groups.nodes.find(
  (group) => group.name === "Lighting",
);
const renamed = await client.request(documents.RenameGroup, { id, name: "Lamps" });
const refused = await client.request(documents.RenameGroup, { id, name: null });
const partial = await failure(documents.TwoObjects, { one: id, other: "nonsense" });
const invalid = await failure(INVALID);
const tooLarge = await failure(documents.Object, { id: TOO_LONG });

console.log(
  JSON.stringify({
    provider: provider.name,
    renamed: renamed.groupUpdate.group.name,
    failures: {
      refused: refused.groupUpdate.userErrors,
      partial: [partial.data.one.id === id, partial.data.other, messagesAndCodes(partial.errors)],
      invalid: messagesAndCodes(invalid.errors),
      tooLarge: messagesAndCodes(tooLarge.errors),
    },
  }),
);
