// The plan of a mutation: each write, and what became of it.

import * as React from "react";
import { shortPath } from "./paths.js";

const h = React.createElement;

const STATES = {
  PLANNED: "Planned",
  APPLIED: "Applied",
  UNDONE: "Undone",
  REFUSED: "Refused",
  NOT_APPLIED: "Not applied",
  NOT_SENT: "Not sent",
  UNKNOWN: "Unknown",
};

export function Writes({ writes, data }) {
  return h(
    "section",
    { className: "writes", "aria-label": "Plan" },
    h("h3", null, "Plan", h("small", null, summary(writes, hasUserErrors(data)))),
    h(
      "ol",
      null,
      writes.map(({ method, path, description, state }, index) =>
        h(
          "li",
          { key: index },
          h("b", { className: `write-${state}` }, STATES[state] ?? state),
          ` ${description}`,
          h("code", { title: path }, h("b", null, method), ` ${shortPath(path)}`),
        ),
      ),
    ),
  );
}

function hasUserErrors(data) {
  return Object.values(data ?? {}).some((payload) => payload?.userErrors?.length);
}

/** Say whether something has changed at the vendor. */
function summary(writes, isRefused) {
  const has = (state) => writes.some((write) => write.state === state);
  const all = (state) => writes.every((write) => write.state === state);
  if (!writes.length) {
    return isRefused
      ? "the mutation was refused"
      : "nothing to write: the objects are as requested";
  }
  if (all("PLANNED")) {
    return "dry run: nothing was written";
  }
  if (all("APPLIED")) {
    return "everything was written";
  }
  if (has("UNKNOWN")) {
    return "the vendor may have applied a write whose response was lost";
  }
  if (!has("APPLIED")) {
    return has("UNDONE") ? "what was written was undone: nothing has changed" : "nothing has changed";
  }
  return "only a part was written";
}
