// graphql-yoga with graphql-jit and DataLoader; with RESPONSE_CACHE=1 also its response cache.
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { useGraphQlJit } from '@envelop/graphql-jit';
import { useResponseCache } from '@graphql-yoga/plugin-response-cache';
import { makeContext, resolvers, typeDefs } from './shop.mjs';

const plugins = [useGraphQlJit()];
if (process.env.RESPONSE_CACHE === '1') {
  plugins.push(useResponseCache({ session: () => null, ttl: 60_000 }));
}
const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  context: makeContext,
  plugins,
  logging: false,
  graphiql: false,
});
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1');
