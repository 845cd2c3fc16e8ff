// The tabs that a reload opens again. GraphiQL stores them half a second after each change, and the
// query of the current one apart from them: a reload before that lost it, and so did another window.
// So GraphiQL only reads the tabs from its storage, once, and this module stores them.

import * as graphiql from "@graphiql/react";
import * as React from "react";

const KEY = "graphiql:tabState";

/** What GraphiQL reads of the tabs: those of this window, or, in a new one, those stored last. */
const restored = readTabs(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY));

function readTabs(text) {
  const { tabs, activeTabIndex } = parse(text) ?? {};
  const current = tabs?.[activeTabIndex];
  return {
    [KEY]: current ? text : null,
    // GraphiQL opens another tab if these differ from the current one.
    "graphiql:query": current?.query,
    "graphiql:variables": current?.variables,
    "graphiql:headers": current?.headers,
  };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Milliseconds in which GraphiQL may still report what was typed before the data were cleared. */
const PENDING = 500;

let clearedAt = -Infinity;

/** The storage for GraphiQL: that of the browser, except for the tabs. */
export const storage = {
  getItem: (key) => (key in restored ? restored[key] : localStorage.getItem(key)),
  setItem: (key, value) => key in restored || localStorage.setItem(key, value),
  removeItem: (key) => key in restored || localStorage.removeItem(key),
  get length() {
    return localStorage.length;
  },
  clear() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith("graphiql:"));
    keys.forEach((key) => localStorage.removeItem(key));
    sessionStorage.removeItem(KEY);
    clearedAt = performance.now();
  },
};

let latest = null;

/** GraphiQL calls this for new tabs when it sets the text of the editors, before it renders them. */
export function onTabChange(tabs) {
  latest = tabs;
}

/** Store the tabs when they change, and what was typed since then when the page is left. */
export function StoredTabs() {
  const editors = graphiql.useEditorContext();
  React.useEffect(() => {
    const isCleared = () => sessionStorage.getItem(KEY) === null;
    const leave = () => isCleared() || store(editors);
    if (performance.now() - clearedAt > PENDING) {
      store(editors);
    }
    addEventListener("pagehide", leave);
    document.addEventListener("visibilitychange", leave); // phones end hidden pages without "pagehide"
    return () => {
      removeEventListener("pagehide", leave);
      document.removeEventListener("visibilitychange", leave);
    };
  }, [editors]);
  return null;
}

/** Store the tabs in GraphiQL's format, without responses and, unless the user wants it, headers. */
function store(editors) {
  const { tabs, activeTabIndex } = latest ?? editors;
  const current = tabs[activeTabIndex];
  const typed = {
    ...current,
    query: editors.queryEditor?.getValue() ?? current.query,
    variables: editors.variableEditor?.getValue() ?? current.variables,
    headers: editors.headerEditor?.getValue() ?? current.headers,
  };
  const leftOut = ["hash", "response", ...(editors.shouldPersistHeaders ? [] : ["headers"])];
  const state = { activeTabIndex, tabs: tabs.map((tab) => (tab === current ? typed : tab)) };
  const text = JSON.stringify(state, (key, value) => (leftOut.includes(key) ? null : value));
  try {
    sessionStorage.setItem(KEY, text);
    localStorage.setItem(KEY, text);
  } catch {
    // No room is left.
  }
}
