// Apollo's cache: one entry for each object, whichever query read it.

import { gql } from "@apollo/client";
import { documents } from "../documents.mjs";
import { connected, possibleTypes } from "./client.mjs";

const [uri] = process.argv.slice(2);
const client = await connected(uri);
const query = async (name, variables, fetchPolicy) =>
  (await client.query({ query: documents[name], variables, fetchPolicy })).data;
const cachedGroups = () =>
  client.readQuery({ query: documents.Groups, variables: { key: "AXIM", first: 100 } }).provider
    .productCollections.nodes[0].groups.nodes;

// Two groups that share products, the first of them page by page.
await query("Groups", { key: "AXIM" });
const women = cachedGroups().find((group) => group.name === "Women");
const clothing = cachedGroups().find((group) => group.name === "Clothing");
const { endCursor } = (await query("GroupProducts", { id: women.id, first: 3 })).group.products
  .pageInfo;
await query("GroupProducts", { id: women.id, first: 3, after: endCursor }, "network-only");
await query("GroupProducts", { id: clothing.id, first: 6 });
const together = (group) =>
  client
    .readQuery({ query: documents.GroupProducts, variables: { id: group.id } })
    .group.products.edges.map((edge) => edge.node);

const ANY_OBJECT = gql`
  fragment AnyObject on Node {
    id
  }
`;
const [first] = together(women);
const cached = Object.keys(client.cache.extract());

// A mutation that returns an object updates it in every query.
await client.mutate({
  mutation: documents.RenameGroup,
  variables: { id: women.id, name: "Ladies" },
});

console.log(
  JSON.stringify({
    possibleTypes: await possibleTypes(uri),
    women: together(women).map((product) => product.name),
    clothing: together(clothing).map((product) => product.name),
    products: cached.filter((key) => key.startsWith("Product:")).length,
    onInterface: client.readFragment({ fragment: ANY_OBJECT, id: `Product:${first.id}` })?.id === first.id,
    renamed: cachedGroups().find((group) => group.id === women.id).name,
  }),
);
