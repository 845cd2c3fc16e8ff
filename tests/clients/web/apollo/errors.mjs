// The errors that a caller of Apollo Client receives.

import { gql } from "@apollo/client";
import { documents } from "../documents.mjs";
import { INVALID, TOO_LONG, messagesAndCodes } from "../failures.mjs";
import { connected } from "./client.mjs";

const [uri] = process.argv.slice(2);
const client = await connected(uri);
const query = (query, variables) => client.query({ query, variables, errorPolicy: "all" });

const { data } = await query(documents.Groups, { key: "AXIM" });
const [{ id }] = data.provider.productCollections.nodes[0].groups.nodes;
const refused = await client.mutate({
  mutation: documents.RenameGroup,
  variables: { id, name: null },
});
const partial = await query(documents.TwoObjects, { one: id, other: "nonsense" });
const invalid = await query(gql(INVALID));
const tooLarge = await query(documents.Object, { id: TOO_LONG });

console.log(
  JSON.stringify({
    failures: {
      refused: refused.data.groupUpdate.userErrors,
      partial: [partial.data.one.id === id, partial.data.other, messagesAndCodes(partial.error.errors)],
      invalid: messagesAndCodes(invalid.error.errors),
      tooLarge: messagesAndCodes(tooLarge.error.errors),
    },
  }),
);
