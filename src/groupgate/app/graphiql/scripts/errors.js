// The errors of the last response: which vendor, which field, and where it is in the query.

import * as graphiql from "@graphiql/react";
import { getOperationAST, parse } from "graphql";
import * as React from "react";
import { useLastResponse } from "./fetcher.js";
import { vendorName } from "./server.js";

const h = React.createElement;
const MAX_SHOWN = 4;

export function ErrorList() {
  const response = useLastResponse();
  const errors = (response?.status !== 401 && response?.body.errors) || []; // see TokenHint
  const { queryEditor, tabs, activeTabIndex } = graphiql.useEditorContext({ nonNull: true });
  const activeTab = tabs[activeTabIndex].id;
  const [tab, setTab] = React.useState(activeTab);
  React.useEffect(() => setTab(activeTab), [response]);
  if (!errors.length || tab !== activeTab) {
    return null;
  }
  const groups = groupByCause(errors);
  const hidden = groups.length - MAX_SHOWN;
  return h(
    "section",
    { className: "explorer-errors", "aria-label": "Errors" },
    h(
      "ul",
      null,
      groups.slice(0, MAX_SHOWN).map((group, index) =>
        h("li", { key: index }, h(ErrorGroup, { group, response, queryEditor })),
      ),
      hidden > 0 && h("li", null, `and ${hidden} more in the result`),
    ),
  );
}

/** One failure of a vendor can cause many errors, all with the same `cause`. */
function groupByCause(errors) {
  const groups = new Map();
  errors.forEach((error, index) => {
    const key = error.extensions?.cause ?? index;
    groups.set(key, [...(groups.get(key) ?? []), error]);
  });
  return [...groups.values()];
}

function ErrorGroup({ group, response, queryEditor }) {
  const { message, extensions = {}, path } = group[0];
  const place = placeInQuery(group[0], response.operation);
  const field = path?.join(".") ?? null;
  return h(
    React.Fragment,
    null,
    extensions.provider && h("b", null, `${vendorName(extensions)} `),
    field && h("code", null, ...breakable(field)),
    group.length > 1 && ` and ${group.length - 1} more`,
    extensions.provider || field ? ": " : null,
    message,
    place && h("button", { type: "button", onClick: () => show(queryEditor, place) }, "Show in query"),
  );
}

/** The path of a field, which may wrap before each of its dots. */
function breakable(field) {
  return field.split(/(?=\.)/).flatMap((part) => [h("wbr"), part]);
}

/** Select a field in the editor, if the text there is still the one that was sent. */
function show(editor, { query, start, end }) {
  if (editor.getValue() !== query) {
    editor.focus();
    return;
  }
  const [from, to] = [editor.posFromIndex(start), editor.posFromIndex(end)];
  editor.focus();
  editor.setSelection(from, to);
  editor.scrollIntoView({ from, to }, 60);
}

/** Return where the field of an error is in the text of the query; null if it has no place. */
export function placeInQuery({ path, locations }, { query, operationName }) {
  let document;
  try {
    document = parse(query);
  } catch {
    return atLocation(query, locations?.[0]);
  }
  const field = path && fieldAt(document, operationName, path);
  const name = field?.alias ?? field?.name;
  return name
    ? { query, start: name.loc.start, end: name.loc.end }
    : atLocation(query, locations?.[0]);
}

/** Return the last field that the path of an error leads to. */
function fieldAt(document, operationName, path) {
  let node = getOperationAST(document, operationName);
  let found = null;
  for (const key of path.filter((key) => typeof key === "string")) {
    const next = node && selectedField(document, node.selectionSet, key);
    if (!next) {
      break;
    }
    node = found = next;
  }
  return found;
}

function selectedField(document, selectionSet, key) {
  for (const node of selectionSet?.selections ?? []) {
    if (node.kind === "Field") {
      if ((node.alias ?? node.name).value === key) {
        return node;
      }
      continue;
    }
    const inner =
      node.kind === "InlineFragment"
        ? node
        : document.definitions.find(
            ({ kind, name }) => kind === "FragmentDefinition" && name.value === node.name.value,
          );
    const found = inner && selectedField(document, inner.selectionSet, key);
    if (found) {
      return found;
    }
  }
  return null;
}

function atLocation(query, location) {
  if (!location) {
    return null;
  }
  const lines = query.split("\n").slice(0, location.line - 1);
  const start = lines.reduce((sum, line) => sum + line.length + 1, 0) + location.column - 1;
  const word = /^\w*/.exec(query.slice(start))[0];
  return { query, start, end: start + Math.max(word.length, 1) };
}
