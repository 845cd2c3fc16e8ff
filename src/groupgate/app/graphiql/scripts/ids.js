// The ids of examples on a server with real vendors: found there by a query, soon after the page has
// been opened.

import { send } from "./api.js";
import { whenIdle } from "./idle.js";

const QUERY = `query ExampleIds {
  providers {
    key
    productCollections(first: 3) {
      nodes { id nativeId groups(first: 5) { nodes { id nativeId products(first: 50) { nodes { ...Ids } } } } }
    }
    products(first: 10) { nodes { ...Ids } }
  }
}
fragment Ids on Product { id nativeId sku }`;

/** A reference in `ids` of an example: a vendor, and the path to a value of its sample. */
const REFERENCE = /^([A-Z_]+)\.([\w.*]+)$/;

let samples = null;

/** Find the ids when the page has nothing else to do, so that the first example opens at once. */
export async function prepareIds() {
  await whenIdle();
  await findSamples();
}

/** Return the variables of an example with ids of the server; null where it has no such object. */
export async function withOwnIds({ variables, ids }) {
  if (!ids) {
    return variables;
  }
  return { ...variables, ...resolve(ids, await findSamples()) };
}

function resolve(value, found) {
  if (Array.isArray(value)) {
    return value.map((each) => resolve(each, found)).filter((each) => each !== null);
  }
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([name, each]) => [name, resolve(each, found)]);
    return Object.fromEntries(entries);
  }
  const [, vendor, path] = REFERENCE.exec(value) ?? [];
  return vendor ? follow(found.get(vendor), path.split(".")) : value;
}

/** Return the keys of the vendors that the ids of an example are of. */
export function vendorsOf({ ids }) {
  return [...JSON.stringify(ids ?? {}).matchAll(/"([A-Z_]+)\./g)].map(([, key]) => key);
}

function follow(value, [key, ...rest]) {
  if (key === undefined || value === undefined || value === null) {
    return value ?? null;
  }
  return key === "*" ? value.map((each) => follow(each, rest)) : follow(value[key], rest);
}

/** Return a sample of the objects of each vendor; of none if the server did not answer. */
async function findSamples() {
  samples ??= fetchSamples().catch(() => new Map());
  const found = await samples;
  if (!found.size) {
    samples = null; // ask again when the next example is opened
  }
  return found;
}

async function fetchSamples() {
  const { body } = await send({ query: QUERY, operationName: "ExampleIds" });
  const providers = body.data?.providers ?? [];
  return new Map(providers.map((provider) => [provider.key, sampleOf(provider)]));
}

/** Choose the collection with the most groups, its group with the most products, and others. */
function sampleOf({ productCollections, products }) {
  const collections = nodesOf(productCollections).map((collection) => ({
    ...collection,
    groups: nodesOf(collection.groups)
      .map((group) => ({ ...group, products: nodesOf(group.products) }))
      .sort((a, b) => b.products.length - a.products.length),
  }));
  const [collection] = collections.sort((a, b) => b.groups.length - a.groups.length);
  const [group, otherGroup] = collection?.groups ?? [];
  const own = new Set(group?.products.map(({ id }) => id));
  return {
    collection,
    group,
    otherGroup,
    product: group?.products[0] ?? nodesOf(products)[0],
    otherProduct: nodesOf(products).find(({ id }) => !own.has(id)),
  };
}

function nodesOf(connection) {
  return connection?.nodes.filter(Boolean) ?? [];
}
