// urql: its document cache, its requests by GET, and the errors that a caller receives.

import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { documents } from "./documents.mjs";
import { INVALID, TOO_LONG, messagesAndCodes } from "./failures.mjs";
import { recorded } from "./recorded.mjs";

const [url] = process.argv.slice(2);
const { fetch, requests } = recorded();
const client = new Client({ url, fetch, exchanges: [cacheExchange, fetchExchange] });
const query = (document, variables = {}) => client.query(document, variables).toPromise();
const rename = (variables) => client.mutation(documents.RenameGroup, variables).toPromise();
const groups = ({ data }) => data.provider.productCollections.nodes[0].groups.nodes;
const cacheOutcome = ({ operation }) => operation.context.meta.cacheOutcome;

const first = await query(documents.Groups, { key: "AXIM" });
const again = await query(documents.Groups, { key: "AXIM" });
const { id } = groups(first).find((group) => group.name === "Lighting");
await rename({ id, name: "Lamps" });
const after = await query(documents.Groups, { key: "AXIM" });
const sent = requests.splice(0);

const refused = await rename({ id, name: null });
const partial = await query(documents.TwoObjects, { one: id, other: "nonsense" });
const invalid = await query(INVALID);
const tooLarge = await query(documents.Object, { id: TOO_LONG });

console.log(
  JSON.stringify({
    sent,
    cache: [first, again, after].map(cacheOutcome),
    renamed: groups(after).find((group) => group.id === id).name,
    failures: {
      refused: refused.data.groupUpdate.userErrors,
      partial: [partial.data.one.id === id, partial.data.other, messagesAndCodes(partial.error.graphQLErrors)],
      invalid: messagesAndCodes(invalid.error.graphQLErrors),
      tooLarge: messagesAndCodes(tooLarge.error.graphQLErrors),
    },
  }),
);
