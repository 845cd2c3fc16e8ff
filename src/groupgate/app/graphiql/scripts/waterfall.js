// The waterfall of a request: one bar for each try of a call, and a mark for each answer that needed
// none, by vendor. All bars have the scale of the whole request. Times are in milliseconds.

import * as React from "react";
import { shortPath } from "./paths.js";
import { vendorName } from "./server.js";

const h = React.createElement;

/** More rows than this would make the panel slow, and nobody would read them. */
const MAX_ROWS = 100;

/** Parts of a call that are shorter, in milliseconds, are not named. */
const SHORTEST = 0.1;

/** The deadline is drawn if the request took at least this share of it. */
const DEADLINE_SHARE = 0.3;

export function Waterfall({ calls, timeline }) {
  const { elapsed, deadline, answers, providers } = timeline;
  const showsDeadline = deadline !== null && elapsed >= deadline * DEADLINE_SHARE;
  const scale = Math.max(elapsed, showsDeadline ? deadline : 0, 1);
  const lanes = lanesOf(calls, answers, providers);
  if (!lanes.length) {
    return h("p", null, "No vendor was called.");
  }
  return h(
    "figure",
    { className: "waterfall" },
    h(Legend, { calls, answers }),
    lanes.map((lane) => h(Lane, { key: lane.name, lane, scale, elapsed })),
    h(Axis, { scale, elapsed, deadline, showsDeadline }),
  );
}

/** Group calls and answers by vendor, in the order in which the vendors were first needed. */
function lanesOf(calls, answers, providers) {
  const lanes = new Map();
  const laneOf = (labels) => {
    const name = vendorName(labels);
    if (!lanes.has(name)) {
      lanes.set(name, { name, state: null, calls: [], hits: [], others: [] });
    }
    return lanes.get(name);
  };
  const begun = (item) => item.begun;
  [...calls, ...answers].sort((a, b) => begun(a) - begun(b)).forEach((item) => {
    const lane = laneOf(item);
    const kind = !item.result ? lane.calls : item.result === "HIT" ? lane.hits : lane.others;
    kind.push(item);
  });
  providers.forEach((labels) => {
    laneOf(labels).state = labels.state;
  });
  return [...lanes.values()];
}

const KINDS = [
  ["wait", "waiting for a permit"],
  ["connect", "connecting"],
  ["vendor", "vendor"],
  ["failed", "failed"],
  ["hit", "cache"],
  ["shared", "shared: another request made the call"],
  ["stale", "stale answer"],
];

/** The kinds of bars that the request has. */
function Legend({ calls, answers }) {
  const kinds = new Set(calls.flatMap(kindsOf));
  answers.forEach((answer) => kinds.add(kindOf(answer)));
  if (!["wait", "connect", "failed", "shared"].some((kind) => kinds.has(kind))) {
    return null; // the words of each row are enough
  }
  return h(
    "figcaption",
    null,
    KINDS.filter(([kind]) => kinds.has(kind)).map(([kind, text]) =>
      h(
        "span",
        { key: kind },
        h("i", { className: `waterfall-key waterfall-${kind}`, "aria-hidden": true }),
        text,
      ),
    ),
  );
}

function kindsOf(call) {
  const isWaiting = call.sent === null || call.sent - call.begun >= SHORTEST;
  return [
    isWaiting && "wait",
    call.connected !== null && "connect",
    isFailed(call) ? "failed" : "vendor",
  ];
}

function kindOf({ failed, result }) {
  return failed ? "failed" : result.toLowerCase();
}

/** True without a response, and for every status that is not a success. */
function isFailed({ status }) {
  return status === 0 || status >= 400;
}

const STATES = {
  UNAVAILABLE: "breaker open: not called until a probe succeeds",
  DEGRADED: "has failed or throttled in the last seconds",
};

function Lane({ lane, scale, elapsed }) {
  const { name, state, calls, hits, others } = lane;
  const rows = [
    ...calls.map((call) => ({ ...call, row: h(CallRow, { call, scale, elapsed }) })),
    ...others.map((answer) => ({ ...answer, row: h(AnswerRow, { answer, scale, elapsed }) })),
  ].sort((a, b) => a.begun - b.begun);
  const hidden = rows.length - MAX_ROWS;
  return h(
    "section",
    { "aria-label": name },
    h("h3", null, name, state in STATES && h("small", null, STATES[state])),
    h(
      "ul",
      null,
      hits.length > 0 && h("li", null, h(HitsRow, { hits, scale })),
      rows.slice(0, MAX_ROWS).map(({ row }, index) => h("li", { key: index }, row)),
      hidden > 0 && h("li", null, `and ${hidden} more`),
      !hits.length && !rows.length && h("li", null, h("p", null, "Not called.")),
    ),
  );
}

function CallRow({ call, scale, elapsed }) {
  const end = call.ended ?? elapsed;
  const sent = call.sent ?? end;
  const connected = call.connected ?? sent;
  const failed = isFailed(call);
  return h(
    React.Fragment,
    null,
    h(
      Label,
      { path: call.path, method: call.method, isError: failed },
      call.attempt > 1 && h("b", null, `retry ${call.attempt - 1}`),
      call.sent === null ? "not sent" : call.status || (call.ended === null ? "cut off" : "no response"),
      ` \u00b7 ${format(end - call.begun)}`,
    ),
    h("p", { className: "waterfall-phases" }, phases(call, sent, connected, end)),
    h(
      Track,
      null,
      h(Bar, { kind: "wait", from: call.begun, to: sent, scale }),
      h(Bar, { kind: "connect", from: sent, to: connected, scale }),
      h(Bar, { kind: failed ? "failed" : "vendor", from: connected, to: end, scale, isShown: true }),
    ),
  );
}

/** The parts of a call in words, without those that took no time. */
function phases(call, sent, connected, end) {
  return [
    ["waited", sent - call.begun],
    ["connected in", connected - sent],
    ["vendor", end - connected],
  ]
    .filter(([, milliseconds]) => milliseconds >= SHORTEST)
    .map(([name, milliseconds]) => `${name} ${format(milliseconds)}`)
    .join(", ");
}

/** A read that another request's call answered, or a stale one that was served after a failure. */
function AnswerRow({ answer, scale, elapsed }) {
  const isStale = answer.result === "STALE";
  const end = answer.ended ?? (isStale ? answer.begun : elapsed);
  const text = isStale
    ? `stale, ${answer.ageSeconds} s old`
    : `shared${answer.failed ? ", failed" : ""} \u00b7 ${format(end - answer.begun)}`;
  return h(
    React.Fragment,
    null,
    h(Label, { path: answer.path, method: "GET", isError: answer.failed }, text),
    h(Track, null, h(Bar, { kind: kindOf(answer), from: answer.begun, to: end, scale, isShown: true })),
  );
}

function HitsRow({ hits, scale }) {
  const age = Math.max(...hits.map(({ ageSeconds }) => ageSeconds));
  const count = hits.length === 1 ? "1 answer" : `${hits.length} answers`;
  return h(
    React.Fragment,
    null,
    h("div", { className: "waterfall-label" }, `${count} from the cache, up to ${age} s old`),
    h(
      Track,
      null,
      hits.slice(0, MAX_ROWS).map((hit, index) =>
        h(Bar, { key: index, kind: "hit", from: hit.begun, to: hit.begun, scale, isShown: true }),
      ),
    ),
  );
}

function Label({ method, path, isError, children }) {
  return h(
    "div",
    { className: isError ? "waterfall-label is-error" : "waterfall-label" },
    h("code", { title: path }, h("b", null, method), ` ${shortPath(path)}`),
    h("span", null, children),
  );
}

function Track({ children }) {
  return h("div", { className: "waterfall-track", "aria-hidden": true }, children);
}

/** One part of a row. A part that `isShown` is visible even if it took almost no time. */
function Bar({ kind, from, to, scale, isShown }) {
  if (to <= from && !isShown) {
    return null;
  }
  const percent = (milliseconds) => `${((milliseconds / scale) * 100).toFixed(2)}%`;
  const style = { insetInlineStart: percent(from), inlineSize: percent(Math.max(to - from, 0)) };
  return h("i", { className: `waterfall-bar waterfall-${kind}`, style });
}

function Axis({ scale, elapsed, deadline, showsDeadline }) {
  const style = { insetInlineStart: `${((deadline / scale) * 100).toFixed(2)}%` };
  return h(
    "div",
    { className: "waterfall-axis" },
    h("span", null, "0 ms"),
    showsDeadline && h("i", { className: "waterfall-deadline", style, "aria-hidden": true }),
    h(
      "span",
      null,
      `${format(elapsed)} elapsed`,
      deadline !== null && `, deadline ${format(deadline)}`,
    ),
  );
}

/** Milliseconds as text: one decimal below 10 ms, seconds from 1 s. */
export function format(milliseconds) {
  if (milliseconds >= 1000) {
    return `${(milliseconds / 1000).toFixed(milliseconds % 1000 ? 1 : 0)} s`;
  }
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}
