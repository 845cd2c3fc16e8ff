// A router over the gateway and a shop: Apollo's gateway, with the supergraph that its library
// composes. Arguments: the subgraph's file, its URL, the shop's file, the id of a product.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { ApolloGateway } from "@apollo/gateway";
import { composeServices } from "@apollo/composition";
import { graphql, parse } from "graphql";
import { buildSubgraphSchema } from "@apollo/subgraph";

const [ownFile, ownUrl, shopFile, productId] = process.argv.slice(2);
const read = (file) => parse(readFileSync(file, "utf8"));

// The shop: two orders of one product.
const orders = [{ id: "1" }, { id: "2" }].map((order) => ({ ...order, product: { id: productId } }));
const shop = buildSubgraphSchema({
  typeDefs: read(shopFile),
  resolvers: {
    Query: { orders: () => ({ nodes: orders, pageInfo: {} }) },
    Product: {
      __resolveReference: ({ id }) => ({ id }),
      orders: ({ id }) => orders.filter((order) => order.product.id === id),
    },
  },
});
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
  const result = await graphql({ schema: shop, source: query, variableValues: variables });
  response.setHeader("content-type", "application/json").end(JSON.stringify(result));
}).listen(0, "127.0.0.1");
await once(server, "listening");

const { errors, supergraphSdl } = composeServices([
  { name: "groupgate", url: ownUrl, typeDefs: read(ownFile) },
  { name: "shop", url: `http://127.0.0.1:${server.address().port}/`, typeDefs: read(shopFile) },
]);
if (errors) throw errors[0];

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const gateway = new ApolloGateway({ supergraphSdl, logger: quiet });
const { executor } = await gateway.load();
const run = async (query, variables) =>
  executor({
    document: parse(query),
    request: { query, variables, http: { headers: new Map() } },
    queryHash: query,
    context: {},
    cache: new Map(),
    schema: undefined,
    metrics: {},
    logger: quiet,
    overallCachePolicy: {},
  });

const results = [
  await run("{ orders { nodes { id product { name groups { name } } } } }"),
  await run("query ($id: ID!) { product(id: $id) { name orders { id } } }", { id: productId }),
];
await gateway.stop();
server.close();
console.log(JSON.stringify(results));
