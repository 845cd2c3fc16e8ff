// Links that open an operation: `?query=&variables=&operationName=`, or `?example=NAME`. A link
// never has headers, because they may have a token, and opening one never runs its operation.

import * as graphiql from "@graphiql/react";
import * as React from "react";
import { fetchVariables, formatJson, queryOf } from "./examples.js";

const h = React.createElement;

/** Return the operation in the address of the page, or null. */
export async function fetchLinkedOperation(sections) {
  const parameters = new URLSearchParams(location.search);
  const name = parameters.get("example");
  const example = sections
    .flatMap(({ examples }) => examples)
    .find(({ file }) => file === `${name}.graphql`);
  if (!example && !parameters.has("query")) {
    return null;
  }
  if (example) {
    const { headers } = example;
    const [query, variables] = [queryOf(example), await fetchVariables(example)];
    const own = headers ? { headers: formatJson(headers) } : {};
    return { query, variables, ...own };
  }
  return {
    query: parameters.get("query"),
    variables: parameters.get("variables") ?? "",
    linkedOperationName: parameters.get("operationName"),
  };
}

/**
 * Select the operation that the link names, once its document is in the editor. Remove the link from
 * the address: the tabs have its operation, which may be edited before the page is loaded again.
 */
export function LinkedOperation({ name }) {
  const { queryEditor, setOperationName } = graphiql.useEditorContext({ nonNull: true });
  React.useEffect(() => history.replaceState(null, "", location.pathname), []);
  React.useEffect(() => {
    const node = queryEditor?.operations?.find((operation) => operation.name?.value === name);
    if (name && node) {
      queryEditor.setCursor(queryEditor.posFromIndex(node.loc.start));
      setOperationName(name);
    }
  }, [queryEditor, queryEditor?.operations]);
  return null;
}

/** The toolbar's button that copies a link to the operation in the editor. */
export function CopyLinkButton() {
  const { queryEditor, variableEditor } = graphiql.useEditorContext({ nonNull: true });
  const [isCopied, setCopied] = React.useState(false);
  const copy = async () => {
    const { operations, operationName } = queryEditor;
    const link = linkTo({
      query: queryEditor.getValue(),
      variables: variableEditor?.getValue(),
      operationName: operations?.length > 1 ? operationName : null,
    });
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // Without TLS, browsers let pages write to the clipboard only on the loopback interface.
      prompt("The link to this operation:", link);
    }
  };
  return h(
    graphiql.ToolbarButton,
    { label: isCopied ? "Link copied" : "Copy link to this operation", onClick: copy },
    h(Icon, { isCopied }),
  );
}

function linkTo(parts) {
  const link = new URL(location.pathname, location.origin);
  Object.entries(parts).forEach(([name, value]) => value?.trim() && link.searchParams.set(name, value));
  return link.href;
}

function Icon({ isCopied }) {
  const path = isCopied
    ? "M4 13l5 5L20 6"
    : "M10 14a4.5 4.5 0 0 0 6.4 0l4-4A4.5 4.5 0 0 0 14 3.6l-1.5 1.5M14 10a4.5 4.5 0 0 0-6.4 0l-4 4A4.5 4.5 0 0 0 10 20.4l1.5-1.5";
  return h(
    "svg",
    {
      className: "graphiql-toolbar-icon",
      viewBox: "0 0 24 24",
      fill: "none",
      stroke: "currentColor",
      strokeWidth: 1.5,
      "aria-hidden": true,
    },
    h("path", { d: path }),
  );
}
