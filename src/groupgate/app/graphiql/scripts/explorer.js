// Starts GraphiQL for this gateway: opens the first example and adds the gateway's panels.

import "graphiql/style.css";
import "./explorer.css";
import "./panels.css";
import * as graphiql from "@graphiql/react";
import { GraphiQL } from "graphiql";
import * as React from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { examplesPlugin, fetchQuery, fetchSections } from "./examples.js";
import { explainPlugin } from "./explain.js";
import { fetcher, useLastResponse } from "./fetcher.js";

const h = React.createElement;

/** Wrap long lines, such as ids, in all editors; GraphiQL does so in the response only. */
function LineWrapping() {
  const { queryEditor, variableEditor, headerEditor } = graphiql.useEditorContext();
  React.useEffect(() => {
    const editors = [queryEditor, variableEditor, headerEditor];
    editors.forEach((editor) => editor?.setOption("lineWrapping", true));
  }, [queryEditor, variableEditor, headerEditor]);
  return null;
}

/** Explain how to send a token if the last request was rejected with 401. */
function TokenHint() {
  if (useLastResponse()?.status !== 401) {
    return null;
  }
  const example = h("code", null, '{ "Authorization": "Bearer ..." }');
  return h("p", null, "Add your token to Headers, below the query: ", example);
}

/** Fetch the schema after the first successful request: without a token GraphiQL's own fails. */
function SchemaLoader() {
  const { schema, isFetching, introspect } = graphiql.useSchemaStore();
  const response = useLastResponse();
  React.useEffect(() => {
    if (response?.status === 200 && !schema && !isFetching) {
      introspect();
    }
  }, [response]);
  return null;
}

/** What the vendors behind the gateway are: simulated, called at their test hosts, or real. */
const MODES = {
  sandbox: "Sandbox: simulated vendors",
  test: "Test: no real data",
  live: "Live: changes are real",
};

/** Fetch the gateway's mode; null if `/readyz` cannot be read, for example behind a proxy. */
async function fetchMode() {
  try {
    const response = await fetch(new URL("readyz", document.baseURI));
    return (await response.json()).mode ?? null;
  } catch {
    return null;
  }
}

function ModeBadge({ mode }) {
  return h("span", { className: `explorer-mode explorer-mode-${mode}` }, MODES[mode]);
}

function render(tabs, plugins, mode) {
  const pluginProps = { plugins, visiblePlugin: plugins[0] };
  const root = createRoot(document.getElementById("explorer"));
  // GraphiQL reserves space for an open panel only if the plugin context was rendered before.
  flushSync(() => root.render(h(graphiql.PluginContextProvider, pluginProps)));
  root.render(
    h(
      GraphiQL,
      { ...pluginProps, fetcher, defaultTabs: tabs, defaultEditorToolsVisibility: true },
      h(
        GraphiQL.Logo,
        null,
        h("span", { className: "explorer-name" }, "groupgate"),
        mode in MODES && h(ModeBadge, { mode }),
      ),
      h(GraphiQL.Footer, null, h(TokenHint)),
      h(SchemaLoader),
      h(LineWrapping),
    ),
  );
}

const sections = await fetchSections();
const query = await fetchQuery(sections[0].examples[0]);
render([{ query }], [examplesPlugin(sections), explainPlugin()], await fetchMode());
