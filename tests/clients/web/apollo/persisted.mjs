// Apollo's automatic persisted queries: the hash first, the document if the hash is unknown.

import { createHash } from "node:crypto";
import { HttpLink } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { documents } from "../documents.mjs";
import { recorded } from "../recorded.mjs";
import { connected } from "./client.mjs";

const [uri] = process.argv.slice(2);
const { fetch, requests } = recorded();
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
const client = await connected(uri, persisted.concat(new HttpLink({ uri, fetch })));

const names = [];
for (const key of ["AXIM", "DODO"]) {
  const { data } = await client.query({ query: documents.Groups, variables: { key } });
  names.push(data.provider.name);
}
console.log(JSON.stringify({ names, requests }));
