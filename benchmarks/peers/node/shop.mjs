// The schema of the peers, and their resolvers over the upstream: what a team writes by hand.
import DataLoader from 'dataloader';
import { Agent, request } from 'undici';

const upstream = process.env.UPSTREAM;
const dispatcher = new Agent({ connections: 64, keepAliveTimeout: 60_000 });

export const typeDefs = /* GraphQL */ `
  type Money { amount: String! currencyCode: String }
  type Product { id: ID! name: String price: Money }
  type Group { id: ID! name: String products: [Product!]! }
  type Collection { id: ID! name: String groups: [Group!]! }
  type Query { collection(id: ID!): Collection group(id: ID!): Group }
`;

async function readCollection(id) {
  const { statusCode, body } = await request(
    `${upstream}/product-collections/${encodeURIComponent(id)}`,
    { dispatcher, headers: { authorization: 'Bearer key' } },
  );
  if (statusCode !== 200) throw new Error('upstream failed');
  const collection = await body.json();
  for (const group of collection.groups) group.collection_id = id; // the group's id contains it
  return collection;
}

export function makeContext() {
  return {
    collections: new DataLoader((ids) => Promise.all(ids.map(readCollection))),
  };
}

const encode = (...parts) => Buffer.from(JSON.stringify(parts)).toString('base64url');

export const resolvers = {
  Query: {
    collection: (_, { id }, { collections }) => collections.load(id),
    group: async (_, { id }, { collections }) => {
      const [collection, group] = id.split('/');
      const found = await collections.load(collection);
      return found.groups.find((each) => each.group_id === group) ?? null;
    },
  },
  Collection: { id: ({ id }) => encode('c', 'DODO', id) },
  Group: {
    id: ({ collection_id, group_id }) => encode('g', 'DODO', collection_id, group_id),
    name: ({ group_name }) => group_name,
  },
  Product: {
    id: ({ product_id }) => encode('p', 'DODO', product_id),
    price: ({ price, currency }) => ({
      amount: (price / 100).toFixed(2),
      currencyCode: currency,
    }),
  },
};
