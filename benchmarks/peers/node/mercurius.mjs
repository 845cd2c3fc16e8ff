// Fastify with Mercurius, graphql-jit from the first request on, and DataLoader.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { makeContext, resolvers, typeDefs } from './shop.mjs';

const app = Fastify();
await app.register(mercurius, { schema: typeDefs, resolvers, context: makeContext, jit: 1 });
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
