// The explain tab below the result: the cost of the last request and its calls to each vendor.
// The gateway reports both in the `extensions` of the response.

import * as React from "react";
import { useLastResponse } from "./fetcher.js";
import { isNarrow } from "./layout.js";

const h = React.createElement;

const KEY = "groupgate:explain";

/**
 * The tab below the result, and its panel. In a wide window the panel opens by itself at the first
 * response; afterwards it stays as the user leaves it.
 */
export function ExplainTab() {
  const response = useLastResponse();
  const [choice, setChoice] = React.useState(() => localStorage.getItem(KEY));
  const isOpen = choice === null ? Boolean(response) && !isNarrow() : choice === "open";
  const toggle = () => {
    const next = isOpen ? "closed" : "open";
    localStorage.setItem(KEY, next);
    setChoice(next);
  };
  return h(
    React.Fragment,
    null,
    h(
      "button",
      { type: "button", className: "explain-tab", "aria-expanded": isOpen, onClick: toggle },
      "Explain",
    ),
    isOpen && h(Panel, { response }),
  );
}

function Panel({ response }) {
  return h(
    "section",
    { className: "panel explain-panel", "aria-label": "Explain", tabIndex: 0 },
    response
      ? h(Explanation, { response })
      : h("p", null, "Run an operation to see its cost and its calls to each vendor."),
  );
}

function Explanation({ response }) {
  const { cost, upstream } = response.body.extensions ?? {};
  return h(
    React.Fragment,
    null,
    h(Summary, { response }),
    cost && h(CostTable, { cost }),
    cost && h("p", null, POINT),
    upstream && h(UpstreamCalls, { calls: upstream }),
    h(CopyCurl, { command: response.curl }),
  );
}

function Summary({ response }) {
  const { operationName, status, milliseconds, requestId, isReplayed, body } = response;
  const code = "data" in body ? null : body.errors?.[0]?.extensions?.code;
  return h(
    React.Fragment,
    null,
    h("h3", null, operationName ?? "Unnamed operation"),
    h("p", null, `HTTP ${status} in ${milliseconds.toFixed(0)} ms`),
    // A request that is rejected with a 4xx status makes no calls; after a 5xx it is unknown.
    code && h("p", { className: "is-error" }, status < 500 ? `${code}: no vendor was called.` : code),
    isReplayed && h("p", null, "Replayed: the stored response for this Idempotency-Key."),
    requestId && h("p", null, "Request ID ", h("code", null, requestId)),
  );
}

const POINT = "A point is the unit of the limits: one per row, ten per vendor call, a tenth per value.";

function CopyCurl({ command }) {
  const [isCopied, setCopied] = React.useState(false);
  React.useEffect(() => setCopied(false), [command]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setCopied(true);
    } catch {
      // Without TLS, browsers let pages write to the clipboard only on the loopback interface.
      prompt("The request as a curl command:", command);
    }
  };
  return h("button", { type: "button", onClick: copy }, isCopied ? "Copied" : "Copy as curl");
}

function CostTable({ cost }) {
  const { upstreamCalls, cacheHits } = cost.spent;
  return h(
    "table",
    null,
    h("caption", null, "Cost"),
    h("thead", null, h(Row, { tag: "th", cells: ["", "Maximum", "Actual"] })),
    h(
      "tbody",
      null,
      h(Row, { cells: ["Vendor calls", cost.upstreamCalls, upstreamCalls] }),
      cacheHits !== undefined && h(Row, { cells: ["Cache hits", null, cacheHits] }),
      h(Row, { cells: ["Rows", cost.rows, null] }),
      h(Row, { cells: ["Points", cost.points, null] }),
    ),
  );
}

function UpstreamCalls({ calls }) {
  if (!calls.length) {
    return h("p", null, "No vendor was called.");
  }
  const providers = [...new Set(calls.map(({ provider }) => provider))];
  return providers.map((provider) =>
    h(ProviderTable, {
      key: provider,
      provider,
      calls: calls.filter((call) => call.provider === provider),
    }),
  );
}

function ProviderTable({ provider, calls }) {
  const count = `${calls.length} ${calls.length === 1 ? "call" : "calls"}`;
  return h(
    "table",
    null,
    h("caption", null, provider, h("small", null, `${count}, ${totalMilliseconds(calls)} ms`)),
    h("thead", null, h(Row, { tag: "th", cells: ["Call", "Status", "ms"] })),
    h(
      "tbody",
      null,
      groupRepeatedCalls(calls).map((group, index) => h(CallRow, { key: index, calls: group })),
    ),
  );
}

/** Group consecutive calls with the same method, path and status, for example retries. */
function groupRepeatedCalls(calls) {
  const isSameCall = (a, b) =>
    a.method === b.method && a.path === b.path && a.status === b.status;
  const groups = [];
  calls.forEach((call) => {
    const group = groups.at(-1);
    if (group && isSameCall(group[0], call)) {
      group.push(call);
    } else {
      groups.push([call]);
    }
  });
  return groups;
}

/** Render one group of repeated calls; status 0 means that no response was received. */
function CallRow({ calls }) {
  const { method, path, status } = calls[0];
  const count = calls.length > 1 ? ` \u00d7 ${calls.length}` : "";
  const isError = status === 0 || status >= 400;
  return h(Row, {
    className: isError ? "is-error" : undefined,
    cells: [
      h("code", null, h("b", null, method), ` ${path}`, count),
      status || "none",
      totalMilliseconds(calls),
    ],
  });
}

function Row({ cells, tag = "td", className }) {
  const children = cells.map((cell, index) =>
    h(tag, { key: index }, typeof cell === "number" ? cell.toLocaleString("en") : cell),
  );
  return h("tr", { className }, children);
}

function totalMilliseconds(calls) {
  return calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0).toFixed(1);
}
