// Composes the subgraphs whose files are given, as NAME=FILE, by Apollo's library and The Guild's.
import { readFileSync } from "node:fs";
import { composeServices as byApollo } from "@apollo/composition";
import { composeServices as byGuild } from "@theguild/federation-composition";
import { parse } from "graphql";

const services = process.argv.slice(2).map((argument) => {
  const [name, file] = argument.split("=");
  return { name, url: `http://${name}/graphql`, typeDefs: parse(readFileSync(file, "utf8")) };
});

const compositions = [byApollo(services), byGuild(services)];
console.log(
  JSON.stringify(
    compositions.map(({ errors, hints, supergraphSdl }) => ({
      errors: (errors ?? []).map((error) => error.message),
      hints: (hints ?? []).map((hint) => `${hint.definition?.code ?? hint.code}`),
      supergraph: supergraphSdl ?? null,
    })),
  ),
);
