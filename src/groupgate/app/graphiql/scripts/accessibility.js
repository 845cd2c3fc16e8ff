// What GraphiQL and its editors lack for keyboards and screen readers.

import * as graphiql from "@graphiql/react";
import * as React from "react";
import { useLastResponse } from "./fetcher.js";

/** Name the editors, let the keyboard scroll them, and let the Tab key leave them. */
export function AccessibleEditors() {
  const { queryEditor, variableEditor, headerEditor, responseEditor } = graphiql.useEditorContext();
  React.useEffect(() => {
    improve(queryEditor, "Query");
    improve(variableEditor, "Variables");
    improve(headerEditor, "Headers");
    improve(responseEditor, "Result");
  }, [queryEditor, variableEditor, headerEditor, responseEditor]);
  return null;
}

function improve(editor, name) {
  editor?.addKeyMap({ Tab: false, "Shift-Tab": false });
  editor?.getInputField().setAttribute("aria-label", name);
  editor?.getScrollerElement().setAttribute("tabindex", "0");
}

/** The button that runs the query has a visible name, with which its accessible name begins. */
export function AccessibleRunButton() {
  const { queryEditor, operationName } = graphiql.useEditorContext();
  const { isFetching } = graphiql.useExecutionContext();
  React.useEffect(() => {
    const button = document.querySelector(".graphiql-execute-button");
    const label = isFetching ? "Stop" : "Run";
    button.setAttribute("aria-label", `${label} (Ctrl-Enter)`);
    button.dataset.label = label;
  }, [queryEditor, queryEditor?.operations, operationName, isFetching]);
  return null;
}

/** GraphiQL names all entries of the history "Set active", instead of by their operations. */
export function AccessibleHistory() {
  const { visiblePlugin } = graphiql.usePluginStore();
  const response = useLastResponse();
  React.useEffect(() => {
    document
      .querySelectorAll(".graphiql-history-item-label")
      .forEach((button) => button.removeAttribute("aria-label"));
  }, [visiblePlugin, response]);
  return null;
}

/**
 * GraphiQL gives its list of tabs the roles of ARIA tabs, in which buttons may not be nested, as its
 * buttons to close a tab are. Without these roles it is a list of buttons, the current one marked.
 */
export function AccessibleTabs() {
  const { tabs, activeTabIndex } = graphiql.useEditorContext();
  React.useLayoutEffect(() => {
    const list = document.querySelector(".graphiql-tabs");
    list.setAttribute("role", "list");
    list.querySelectorAll(".graphiql-tab").forEach((item, index) => {
      item.removeAttribute("role");
      item.removeAttribute("aria-selected");
      const button = item.querySelector(".graphiql-tab-button");
      button.toggleAttribute("aria-current", index === activeTabIndex);
      if (index === activeTabIndex) {
        button.setAttribute("aria-current", "true");
        item.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
    });
    document.getElementById("graphiql-session").setAttribute("role", "group");
  }, [tabs, activeTabIndex]);
  return null;
}
