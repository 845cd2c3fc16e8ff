// The explain panel: which vendor was asked what for the last request, how often and how long,
// and what it cost. The gateway tells all of it in the `extensions` of its answer.

import { useLastAnswer } from "./last_answer.js";

const h = React.createElement;
const ALIKE = ["method", "path", "status"];

/** Make the panel. */
export function explainPlugin() {
  return { title: "Explain", icon: Icon, content: Panel };
}

function Panel() {
  const answer = useLastAnswer();
  return h(
    "section",
    { className: "panel", "aria-label": "Explain" },
    h("h2", null, "Explain"),
    answer ? h(Answer, { answer }) : h("p", null, "Run an operation: this tells what it took."),
  );
}

function Answer({ answer }) {
  const { cost, upstream } = answer.body.extensions ?? {};
  return h(
    React.Fragment,
    null,
    h(Summary, { answer }),
    cost && h(Cost, { cost }),
    upstream && h(Upstream, { calls: upstream }),
  );
}

function Summary({ answer }) {
  const { operationName, status, milliseconds, requestId, isReplayed, body } = answer;
  const code = "data" in body ? null : body.errors?.[0]?.extensions?.code;
  return h(
    React.Fragment,
    null,
    h("h3", null, operationName ?? "Operation without a name"),
    h("p", null, `HTTP ${status}, ${milliseconds.toFixed(0)} ms to this browser`),
    // What was refused went to no vendor; of what broke off nobody knows.
    code && h("p", { className: "is-bad" }, status < 500 ? `${code}: no vendor was asked.` : code),
    isReplayed && h("p", null, "Its Idempotency-Key was used before: the same answer again."),
    requestId && h("p", null, "Request id ", h("code", null, requestId)),
  );
}

function Cost({ cost }) {
  const { upstreamCalls, cacheHits } = cost.spent;
  return h(
    "table",
    null,
    h("caption", null, "Cost"),
    h("thead", null, h(Row, { tag: "th", cells: ["", "at most", "spent"] })),
    h(
      "tbody",
      null,
      h(Row, { cells: ["Calls to vendors", cost.upstreamCalls, upstreamCalls] }),
      cacheHits !== undefined && h(Row, { cells: ["Cache hits", null, cacheHits] }),
      h(Row, { cells: ["Rows", cost.rows, null] }),
      h(Row, { cells: ["Points", cost.points, null] }),
    ),
  );
}

function Upstream({ calls }) {
  if (!calls.length) {
    return h("p", null, "No vendor was asked.");
  }
  const providers = [...new Set(calls.map(({ provider }) => provider))];
  return providers.map((provider) => {
    const own = calls.filter((call) => call.provider === provider);
    return h(Vendor, { key: provider, provider, calls: own });
  });
}

function Vendor({ provider, calls }) {
  const counted = `${calls.length} ${calls.length === 1 ? "call" : "calls"}`;
  return h(
    "table",
    { className: "calls" },
    h("caption", null, provider, h("small", null, `${counted}, ${total(calls)} ms`)),
    h("thead", null, h(Row, { tag: "th", cells: ["call", "status", "ms"] })),
    h(
      "tbody",
      null,
      merged(calls).map((run, index) => h(Call, { key: index, calls: run })),
    ),
  );
}

/** Put calls together that are alike and follow each other, such as those of a retry. */
function merged(calls) {
  const runs = [];
  calls.forEach((call) => {
    const run = runs.at(-1);
    if (run && ALIKE.every((name) => run[0][name] === call[name])) {
      run.push(call);
    } else {
      runs.push([call]);
    }
  });
  return runs;
}

function Call({ calls }) {
  const { method, path, status } = calls[0];
  const times = calls.length > 1 ? ` \u00d7 ${calls.length}` : "";
  const isBad = status === 0 || status >= 400;
  return h(Row, {
    className: isBad ? "is-bad" : undefined,
    cells: [h("code", null, h("b", null, method), ` ${path}`, times), status || "none", total(calls)],
  });
}

function Row({ cells, tag = "td", className }) {
  const made = cells.map((cell, index) =>
    h(tag, { key: index }, typeof cell === "number" ? cell.toLocaleString("en") : cell),
  );
  return h("tr", { className }, made);
}

function total(calls) {
  return calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0).toFixed(1);
}

function Icon() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.5 },
    h("circle", { cx: 12, cy: 14, r: 8.5 }),
    h("path", { d: "M12 14V9M9 1.5h6M12 1.5v4M18.5 7 20.5 5" }),
  );
}
