// Starts GraphiQL for this gateway: asks for a token if the server requires one, opens the operation
// of the link or the first example, and adds the gateway's panels.

import "graphiql/style.css";
import "./explorer.css";
import "./layout.css";
import "./panels.css";
import "./explain.css";
import "./results.css";
import * as graphiql from "@graphiql/react";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { GraphiQL } from "graphiql";
import * as React from "react";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import {
  AccessibleEditors,
  AccessibleHistory,
  AccessibleRunButton,
  AccessibleTabs,
} from "./accessibility.js";
import { examplesPlugin, expectRealVendors, queryOf, sections } from "./examples.js";
import "./editors.js";
import { ErrorList } from "./errors.js";
import { ExplainTab } from "./explain.js";
import { confirmMutations, fetcher, useLastResponse } from "./fetcher.js";
import { FirstUseHint } from "./hint.js";
import { pageIsUsable } from "./idle.js";
import { prepareIds } from "./ids.js";
import { EditorTools, isNarrow, PanelState, setDefaultSizes } from "./layout.js";
import { CopyLinkButton, LinkedOperation, fetchLinkedOperation } from "./links.js";
import { ResultMarks } from "./results.js";
import { fetchVendors, fetchMode, ServerBadge } from "./server.js";
import { onTabChange, storage, StoredTabs } from "./tabs.js";
import { changeToken, TokenForm } from "./tokens.js";

const h = React.createElement;

/** The panel of the schema's documentation, with a title that fits under its icon. */
const DOCS = { ...DOC_EXPLORER_PLUGIN, title: "Docs" };

/** The text of a new tab, instead of GraphiQL's page of instructions. */
const NEW_TAB = "# Ctrl-Space lists what can be written here. Ctrl-Enter runs the query.\n\n";

/** Say why the last request was rejected, if it was for its token, and what to do. */
function TokenHint() {
  const response = useLastResponse();
  if (response?.status !== 401) {
    return null;
  }
  return h(
    "p",
    { role: "alert" },
    response.body.errors?.[0]?.message ?? "The server did not accept the request's token.",
    " ",
    h("button", { type: "button", onClick: changeToken }, "Enter a token"),
  );
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

/** Say when the query in the editor can be run. */
function UsabilitySignal() {
  const { queryEditor } = graphiql.useEditorContext();
  React.useEffect(() => {
    if (queryEditor) {
      pageIsUsable();
    }
  }, [queryEditor]);
  return null;
}

/** The toolbar: GraphiQL's buttons, and the one that copies a link. */
function toolbar({ prettify, merge, copy }) {
  return h(React.Fragment, null, prettify, merge, copy, h(CopyLinkButton));
}

function render(root, { linked, plugins, server }) {
  const { linkedOperationName, ...opening } = linked ?? {
    defaultTabs: [{ query: queryOf(sections[0].examples[0]) }],
  };
  const pluginProps = { plugins, visiblePlugin: isNarrow() ? null : plugins[0] };
  // GraphiQL reserves space for an open panel only if the plugin context was rendered before.
  flushSync(() => root.render(h(graphiql.PluginContextProvider, pluginProps)));
  root.render(
    h(
      GraphiQL,
      {
        ...pluginProps,
        ...opening,
        defaultQuery: NEW_TAB,
        fetcher,
        referencePlugin: DOCS,
        shouldPersistHeaders: persistsHeaders(),
        onTabChange,
        storage,
      },
      h(GraphiQL.Logo, null, h(ServerBadge, server)),
      h(GraphiQL.Toolbar, null, toolbar),
      h(GraphiQL.Footer, null, h(TokenHint), h(ErrorList), h(ExplainTab), h(FirstUseHint)),
      linked && h(LinkedOperation, { name: linkedOperationName }),
      h(UsabilitySignal),
      h(SchemaLoader),
      h(AccessibleEditors),
      h(AccessibleHistory),
      h(AccessibleRunButton),
      h(AccessibleTabs),
      h(EditorTools),
      h(PanelState),
      h(ResultMarks),
      h(StoredTabs),
    ),
  );
}

/** GraphiQL 4 forgets at each start that the user persists headers, unless it is told. */
function persistsHeaders() {
  return localStorage.getItem("graphiql:shouldPersistHeaders") === "true" ? true : undefined;
}

/** Show the form for the token until the server accepts one or the user continues without. */
function askForToken(root) {
  const isAccepted = async () => !(await fetchVendors()).isRejected;
  return new Promise((onDone) => root.render(h(TokenForm, { isAccepted, onDone })));
}

document.title = `groupgate at ${location.host}`;
setDefaultSizes();
const root = createRoot(document.getElementById("explorer"));
const [mode, first] = await Promise.all([fetchMode(), fetchVendors()]);
if (first.isRejected) {
  await askForToken(root);
}
const vendors = first.isRejected ? (await fetchVendors()).names : first.names;
if (mode === "live") {
  confirmMutations();
}
if (mode !== "sandbox") {
  expectRealVendors();
  if (vendors.length) {
    prepareIds();
  }
}
const linked = await fetchLinkedOperation(sections);
const plugins = [examplesPlugin(sections)];
render(root, { linked, plugins, server: { mode, vendors } });
