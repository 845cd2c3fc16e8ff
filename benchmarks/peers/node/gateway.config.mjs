// Hive Gateway with its JIT over the supergraph that Mesh has composed from openapi.json; with
// HTTP_CACHE=1 the upstream's responses are cached, with RESPONSE_CACHE=1 those of the gateway, and
// with DEDUPLICATION=1 equal queries that are running are executed once.
import { defineConfig, useHttpCache } from '@graphql-hive/gateway';
import InMemoryLRUCache from '@graphql-mesh/cache-inmemory-lru';

const cache = new InMemoryLRUCache();

export const gatewayConfig = defineConfig({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  supergraph: new URL('node_modules/supergraph.graphql', import.meta.url).pathname,
  cache,
  jit: true,
  logging: false,
  requestId: false,
  disableWebsockets: true,
  landingPage: false,
  renderGraphiQL: false,
  additionalResolvers: {
    Query: {
      group: {
        resolve: async (root, { id }, context, info) => {
          const [collection, group] = id.split('/');
          const found = await context.Dodo.Query.collection({
            root,
            args: { id: collection },
            context,
            info,
            selectionSet: '{ groups { group_id group_name } }',
          });
          return found.groups.find((each) => each.group_id === group) ?? null;
        },
      },
    },
  },
  inboundInflightRequestDeduplication: process.env.DEDUPLICATION === '1',
  plugins: () => (process.env.HTTP_CACHE === '1' ? [useHttpCache({ cache })] : []),
  ...(process.env.RESPONSE_CACHE === '1' && {
    responseCaching: { session: () => null, ttl: 60_000 },
  }),
});
