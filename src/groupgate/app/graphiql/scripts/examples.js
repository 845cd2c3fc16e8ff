// The examples panel: operations, each in its own tab. On the sandbox they run without changes; on a
// server with real vendors they have ids of that server, and mutations are dry runs.

import * as graphiql from "@graphiql/react";
import documents from "examples:documents";
import * as React from "react";
import { asDryRun } from "./dry-run.js";
import { vendorsOf, withOwnIds } from "./ids.js";
import { closeCoveringPanel } from "./layout.js";
import { hasVendor } from "./server.js";

const h = React.createElement;

/** The examples, grouped into sections. */
export { default as sections } from "./examples/index.json";

let isSandbox = true;

/** From now on, use ids of the server, and make mutations dry runs: its vendors are real. */
export function expectRealVendors() {
  isSandbox = false;
}

/** Return the GraphQL document of one example. */
export function queryOf({ file }) {
  return isSandbox ? documents[file] : asDryRun(documents[file]);
}

/** Return the variables of one example, as text for the editor. */
export async function fetchVariables(example) {
  return formatJson(isSandbox ? example.variables : await withOwnIds(example));
}

/** Return the GraphiQL plugin that lists these sections. */
export function examplesPlugin(sections) {
  return { title: "Examples", icon: Icon, content: () => h(Panel, { sections }) };
}

const ON_SANDBOX = "They run on the sandbox without changes.";
const ON_REAL_VENDORS =
  "They use ids of this server. Mutations are dry runs: remove dryRun to change data.";

function Panel({ sections }) {
  const openTab = useTabOpener();
  const openFile = useOpenFile(sections);
  const openExample = async (example) =>
    openTab({
      ...example,
      query: queryOf(example),
      variables: await fetchVariables(example),
    });
  return h(
    "section",
    { className: "panel", "aria-label": "Examples" },
    h("h2", null, "Examples"),
    h("p", null, isSandbox ? ON_SANDBOX : ON_REAL_VENDORS),
    available(sections).map((section) => h(Section, { key: section.title, section, openExample, openFile })),
  );
}

/** Leave out the examples of vendors that the server does not have. */
function available(sections) {
  return sections
    .map(({ title, examples }) => ({
      title,
      examples: examples.filter((example) => hasVendor(vendorsOf(example))),
    }))
    .filter(({ examples }) => examples.length);
}

/** React hook: return the file of the example whose query is in the editor, or undefined. */
function useOpenFile(sections) {
  const { tabs, activeTabIndex } = graphiql.useEditorContext({ nonNull: true });
  const { query } = tabs[activeTabIndex];
  const examples = sections.flatMap((section) => section.examples);
  return examples.find((example) => queryOf(example) === query)?.file;
}

function Section({ section, openExample, openFile }) {
  const items = section.examples.map((example) => {
    const isOpen = example.file === openFile;
    return h("li", { key: example.file }, h(Example, { example, isOpen, openExample }));
  });
  return h(React.Fragment, null, h("h3", null, section.title), h("ul", null, items));
}

function Example({ example, isOpen, openExample }) {
  return h(
    "button",
    {
      type: "button",
      "aria-current": isOpen ? "true" : undefined,
      onClick: () => openExample(example),
    },
    example.title,
    h("small", null, example.description),
  );
}

/** React hook: return a function that opens a tab, or selects the tab that has its query. */
function useTabOpener() {
  const editors = graphiql.useEditorContext({ nonNull: true });
  const [newTab, setNewTab] = React.useState(null);
  // GraphiQL fills the editors with its default query when it renders a new tab, so wait for that.
  React.useLayoutEffect(() => {
    if (newTab) {
      editors.queryEditor.setValue(newTab.query);
      editors.variableEditor.setValue(newTab.variables);
      editors.headerEditor.setValue(formatJson(newTab.headers));
      closeCoveringPanel();
    }
  }, [newTab]);

  return ({ query, variables, headers }) => {
    const index = editors.tabs.findIndex((tab) => tab.query === query);
    if (index >= 0) {
      editors.changeTab(index);
      closeCoveringPanel();
      return;
    }
    const currentHeaders = parseHeaders(editors.headerEditor.getValue());
    setNewTab({
      query,
      variables,
      headers: { ...withoutIdempotencyKey(currentHeaders), ...headers },
    });
    editors.addTab();
  };
}

function parseHeaders(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A new tab keeps the token, but not the idempotency key: every mutation needs its own key. */
function withoutIdempotencyKey(headers) {
  const entries = Object.entries(headers).filter(([name]) => !/^idempotency-key$/i.test(name));
  return Object.fromEntries(entries);
}

/** Return the text of an object for an editor; empty if it has nothing. */
export function formatJson(value = {}) {
  return Object.keys(value).length ? JSON.stringify(value, null, 2) : "";
}

function Icon() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.5 },
    h("path", { d: "M9 5h13M9 12h13M9 19h13" }),
    h("path", { d: "M2 2.5 6 5 2 7.5zM2 9.5 6 12 2 14.5zM2 16.5 6 19 2 21.5z" }),
  );
}
