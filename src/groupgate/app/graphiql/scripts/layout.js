// The room that the panes have: the sizes at the start, and which panes are open.

import * as graphiql from "@graphiql/react";
import * as React from "react";

const NARROW = matchMedia("(max-width: 899px)");

/** Sizes relative to the pane after it, by the key under which GraphiQL stores what the user set. */
const SIZES = { "graphiql:docExplorerFlex": "0.22", "graphiql:editorFlex": "1.24" };

/** True if the window is so narrow that the panes are stacked and a side panel covers them. */
export function isNarrow() {
  return NARROW.matches;
}

/** Set the sizes of the panes, unless the user did. */
export function setDefaultSizes() {
  Object.entries(SIZES).forEach(([key, size]) => {
    if (localStorage.getItem(key) === null) {
      localStorage.setItem(key, size);
    }
  });
}

/** Close the side panel if it covers the editor. */
export function closeCoveringPanel() {
  if (isNarrow()) {
    document.querySelector(".graphiql-sidebar button.active")?.click();
  }
}

/** Tell the style sheet whether a side panel is open. */
export function PanelState() {
  const { visiblePlugin } = graphiql.usePluginStore();
  React.useLayoutEffect(() => {
    document.body.classList.toggle("has-panel", Boolean(visiblePlugin));
  }, [visiblePlugin]);
  return null;
}

/**
 * Show the variables and headers of a tab that has some, and close their pane for one that has not,
 * and where it would leave the query no room.
 * GraphiQL has no function for this, so the component clicks its buttons.
 */
export function EditorTools() {
  const { tabs, activeTabIndex, variableEditor, headerEditor } = graphiql.useEditorContext();
  const { id } = tabs[activeTabIndex];
  React.useEffect(() => {
    if (!variableEditor || !headerEditor) {
      return;
    }
    const name = variableEditor.getValue().trim()
      ? "variables"
      : headerEditor.getValue().trim() && "headers";
    if (name && !isNarrow()) {
      document.querySelector(`.graphiql-editor-tools [data-name="${name}"]`)?.click();
    } else {
      document.querySelector('[aria-label="Hide editor tools"]')?.click();
    }
  }, [id, variableEditor, headerEditor]);
  return null;
}
