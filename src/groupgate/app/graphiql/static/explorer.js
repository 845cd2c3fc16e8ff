// Starts GraphiQL on this gateway, with the first example open and the panels of the gateway.
// React, ReactDOM and GraphiQL are globals made by the scripts before this one.

import { examplesPlugin, fetchExamples, fetchQuery } from "./examples.js";
import { explainPlugin } from "./explain.js";
import { ask } from "./fetcher.js";
import { SchemaOnceAllowed, TokenHint } from "./tokens.js";

const h = React.createElement;

/** Wrap the lines of all editors, as GraphiQL does in the result: ids are long. */
function WrappedLines() {
  const { queryEditor, variableEditor, headerEditor } = GraphiQL.React.useEditorContext();
  React.useEffect(() => {
    const editors = [queryEditor, variableEditor, headerEditor];
    editors.forEach((editor) => editor?.setOption("lineWrapping", true));
  }, [queryEditor, variableEditor, headerEditor]);
  return null;
}

/** Draw the explorer: these panels beside GraphiQL's own, the first of them open. */
function draw(tabs, plugins) {
  const panels = { plugins, visiblePlugin: plugins[0] };
  const root = ReactDOM.createRoot(document.getElementById("explorer"));
  // GraphiQL makes room for a panel at the start only if the panel is known to be open before.
  ReactDOM.flushSync(() => root.render(h(GraphiQL.React.PluginContextProvider, panels)));
  root.render(
    h(
      GraphiQL,
      { ...panels, fetcher: ask, defaultTabs: tabs, defaultEditorToolsVisibility: true },
      h(GraphiQL.Logo, null, h("span", { className: "explorer-name" }, "groupgate")),
      h(GraphiQL.Footer, null, h(TokenHint)),
      h(SchemaOnceAllowed),
      h(WrappedLines),
    ),
  );
}

const sections = await fetchExamples();
const query = await fetchQuery(sections[0].examples[0]);
draw([{ query }], [examplesPlugin(sections), explainPlugin()]);
