// Relay without React: compiled documents, its network layer and its store, against a live gateway.

const {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  Network,
  RecordSource,
  Store,
} = require("relay-runtime");
const catalogue = require("./catalogue");
const { read, readToEnd } = require("./pages");

const [url] = process.argv.slice(2);
const queries = [];

async function send({ name, text }, variables) {
  queries.push(name);
  const response = await fetch(url, {
    method: "POST",
    headers: { accept: "application/graphql-response+json", "content-type": "application/json" },
    body: JSON.stringify({ query: text, variables }),
  });
  return response.json();
}

const environment = new Environment({
  network: Network.create(send),
  store: new Store(new RecordSource()),
});

const mutate = (mutation, variables) =>
  new Promise((onCompleted, onError) => {
    commitMutation(environment, { mutation, variables, onCompleted, onError });
  });

async function main() {
  const operation = createOperationDescriptor(catalogue.provider, { key: "DODO" });
  environment.retain(operation);
  await environment.execute({ operation }).toPromise();
  const { provider } = environment.lookup(operation.fragment).data;

  const collections = await readToEnd(environment, catalogue.collections, provider, 2);
  const academy = collections.find((one) => one.name === "Kestrel Academy");
  const groups = await readToEnd(environment, catalogue.groups, academy, 2);
  const products = await readToEnd(environment, catalogue.products, groups.at(-1), 7);
  const paging = queries.splice(0);

  const search = createOperationDescriptor(catalogue.found, { key: "AXIM" });
  environment.retain(search);
  await environment.execute({ operation: search }).toPromise();
  const { provider: axim } = environment.lookup(search.fragment).data;
  const found = await readToEnd(environment, catalogue.foundGroups, axim, 2);
  const searching = queries.splice(0);

  const { id } = groups.at(-1);
  const renamed = await mutate(catalogue.rename, { id, name: "Portugal" });
  const refused = await mutate(catalogue.rename, { id, name: " " });
  const shown = read(environment, catalogue.groups, academy).groups.edges.at(-1).node.name;

  const { node } = await fetchQuery(environment, catalogue.object, { id: "nonsense" }).toPromise();

  const ids = (nodes) => nodes.map((one) => one.id);
  console.log(
    JSON.stringify({
      queries: paging,
      collections: ids(collections),
      groups: ids(groups),
      products: ids(products),
      found: found.map((one) => one.name),
      searches: searching,
      renamed: renamed.groupUpdate,
      refused: refused.groupUpdate,
      shown,
      failed: node,
    }),
  );
}

main();
