// Starts GraphiQL on this gateway: one tab for each example, the opening query first.
// React, ReactDOM and GraphiQL are globals made by the scripts before this one.

const ENDPOINT = new URL("graphql", document.baseURI);
const EXAMPLES = ["catalogue", "search", "vendors", "preview"];

const HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, application/json",
};

/** Send one operation; `headers` are those of the headers editor and win over ours. */
async function ask(operation, { headers = {} } = {}) {
  const merged = new Headers(HEADERS);
  Object.entries(headers).forEach(([name, value]) => merged.set(name, value));
  const body = JSON.stringify(operation);
  return read(await fetch(ENDPOINT, { method: "POST", headers: merged, body }));
}

/** Read an answer; one that is no JSON (of a proxy, say) is shown as an error. */
async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { errors: [{ message: `The answer is not JSON (HTTP ${status}).` }], body: text };
  }
}

/** Fetch one example as a tab of GraphiQL. */
async function tab(name) {
  const response = await fetch(new URL(`examples/${name}.graphql`, import.meta.url));
  return { query: await response.text() };
}

/** Draw the explorer. Whatever else it shows later is one more child here. */
function draw(tabs) {
  const explorer = React.createElement(
    GraphiQL,
    { fetcher: ask, defaultTabs: tabs, defaultEditorToolsVisibility: false },
    React.createElement(
      GraphiQL.Logo,
      null,
      React.createElement("span", { className: "explorer-name" }, "groupgate"),
    ),
  );
  ReactDOM.createRoot(document.getElementById("explorer")).render(explorer);
}

draw(await Promise.all(EXAMPLES.map(tab)));
