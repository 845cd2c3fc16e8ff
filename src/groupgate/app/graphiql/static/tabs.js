// Opens an operation in a tab of GraphiQL.

/** Return a function that opens a tab: a new one, or the one where its query is open already. */
export function useTabOpener() {
  const editors = GraphiQL.React.useEditorContext({ nonNull: true });
  return (tab) => {
    const index = editors.tabs.findIndex(({ query }) => query === tab.query);
    if (index >= 0) {
      editors.changeTab(index);
    } else {
      openTab(editors, tab);
    }
  };
}

function openTab(editors, { query, variables, headers }) {
  const inherited = withoutKey(parsed(editors.headerEditor.getValue()));
  // A new tab empties the editors when it is drawn: it has to be drawn before they are filled.
  ReactDOM.flushSync(editors.addTab);
  editors.queryEditor.setValue(query);
  editors.variableEditor.setValue(written(variables));
  editors.headerEditor.setValue(written({ ...inherited, ...headers }));
}

function parsed(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** A token is good for the next tab too. An idempotency key is not: every change needs its own. */
function withoutKey(headers) {
  const others = Object.entries(headers).filter(([name]) => !/^idempotency-key$/i.test(name));
  return Object.fromEntries(others);
}

function written(values = {}) {
  return Object.keys(values).length ? JSON.stringify(values, null, 2) : "";
}
