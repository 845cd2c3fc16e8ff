// Composes the supergraph of Hive Gateway from the description of the upstream.
import { defineConfig } from '@graphql-mesh/compose-cli';
import { loadOpenAPISubgraph } from '@omnigraph/openapi';

export const composeConfig = defineConfig({
  output: 'node_modules/supergraph.graphql',
  subgraphs: [
    {
      sourceHandler: loadOpenAPISubgraph('Dodo', {
        source: './openapi.json',
        endpoint: '{env.UPSTREAM}',
        operationHeaders: { authorization: 'Bearer key' },
      }),
    },
  ],
  // The upstream has no call for one group.
  additionalTypeDefs: 'extend type Query { group(id: ID!): Group }',
});
