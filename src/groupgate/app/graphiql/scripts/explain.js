// The explain tab below the result: what the last request called, wrote and cost, and when.
// The gateway reports this in the `extensions` of the response.

import * as graphiql from "@graphiql/react";
import * as React from "react";
import { countGenericCalls } from "./calls.js";
import { CostTable } from "./cost.js";
import { operationType, useLastResponse } from "./fetcher.js";
import { isNarrow } from "./layout.js";
import { format, Waterfall } from "./waterfall.js";
import { Writes } from "./writes.js";

const h = React.createElement;

const KEY = "groupgate:explain";

/**
 * The tab below the result, and its panel. In a wide window the panel opens by itself at the first
 * response; afterwards it stays as the user leaves it. In a narrow window it takes the place of the
 * result, until the next response.
 */
export function ExplainTab() {
  const response = useLastResponse();
  const [choice, setChoice] = React.useState(() => localStorage.getItem(KEY));
  const [openedFor, setOpenedFor] = React.useState(undefined);
  const isOpenWide = choice === null ? Boolean(response) : choice === "open";
  const isOpen = isNarrow() ? openedFor === response : isOpenWide;
  const toggle = () => {
    if (isNarrow()) {
      setOpenedFor(isOpen ? undefined : response);
      return;
    }
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
      !isOpen && response && h("small", null, ` ${outline(response)}`),
    ),
    isOpen && h(Panel, { response }),
  );
}

/** The most important of the panel in one line. */
function outline({ body, status, milliseconds }) {
  const { upstream } = body.extensions ?? {};
  const calls = upstream ? count(upstream.length, "vendor call") : `HTTP ${status}`;
  return `${calls} in ${format(milliseconds)}`;
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
  const { cost, upstream, timeline } = response.body.extensions ?? {};
  return h(
    React.Fragment,
    null,
    h(Summary, { response }),
    timeline && h(Calls, { response, calls: upstream }),
    isMutation(response) && timeline && h(Writes, { writes: timeline.writes, data: response.body.data }),
    timeline && h(Waterfall, { calls: upstream, timeline }),
    cost && h(CostTable, { cost }),
    response.requestId &&
      h("p", { className: "explain-end" }, "Request ", h("code", null, response.requestId)),
  );
}

/** What was requested, and how it ended; the reason if the operation was not executed. */
function Summary({ response }) {
  const { operationName, status, milliseconds, isReplayed, body } = response;
  const isRefused = !("data" in body);
  return h(
    React.Fragment,
    null,
    h(
      "div",
      { className: "explain-title" },
      h(
        "h2",
        null,
        operationName ?? "Unnamed operation",
        h("small", null, `HTTP ${status} in ${format(milliseconds)}`),
      ),
      h(CopyCurl, { command: response.curl }),
    ),
    isRefused && h(Refusal, { status, errors: body.errors ?? [] }),
    isReplayed && h("p", null, "Replayed: the stored response for this Idempotency-Key."),
  );
}

/** Its messages are in the list of errors. */
function Refusal({ status, errors }) {
  const code = errors[0]?.extensions?.code ?? `HTTP ${status}`;
  // A request that is rejected with a 4xx status makes no calls; after a 5xx it is unknown.
  const isUncalled = status < 500;
  const text = isUncalled ? "the operation was refused, and no vendor was called." : "no result.";
  return h("p", { className: "is-error" }, `${code}: ${text}`);
}

/** The calls that were made, beside those of a gateway whose fields call on their own. */
function Calls({ response, calls }) {
  const { schema } = graphiql.useSchemaStore();
  const generic = React.useMemo(
    () => countGenericCalls({ schema, operation: response.operation, data: response.body.data }),
    [schema, response],
  );
  const isSaving = generic !== null && generic > calls.length;
  return h(
    "div",
    { className: "explain-calls" },
    h("p", null, h("b", null, count(calls.length, "vendor call")), isSaving && ` instead of ${generic}`),
    isSaving &&
      h(
        "details",
        null,
        h("summary", null, `Why ${generic}?`),
        h(
          "p",
          null,
          "A generic gateway without batching and caching calls the vendor once for each list and",
          ` each linked object of this result: ${generic} in all. This page counts them in the`,
          " result; they are not measured.",
        ),
      ),
  );
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function isMutation({ operation }) {
  return operationType(operation.query, operation.operationName) === "mutation";
}

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
