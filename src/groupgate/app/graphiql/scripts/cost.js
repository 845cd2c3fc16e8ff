// What an operation was allowed to cost, was estimated to cost, and has cost.

import * as React from "react";

const h = React.createElement;

export function CostTable({ cost }) {
  const { allowed = {}, spent } = cost;
  const rows = [
    ["Vendor calls", allowed.upstreamCalls, cost.upstreamCalls, spent.upstreamCalls],
    ["Rows", undefined, cost.rows, undefined],
    ["Points", allowed.points, cost.points, spent.points],
  ];
  if (allowed.pointsPerMinute) {
    rows.push(["Points in a minute", allowed.pointsPerMinute, undefined, undefined]);
  }
  return h(
    "table",
    null,
    h("thead", null, h(Row, { tag: "th", cells: ["Cost", "Allowed", "Estimated", "Spent"] })),
    h(
      "tbody",
      null,
      rows.map((cells) => h(Row, { key: cells[0], cells })),
    ),
    h("tfoot", null, h("tr", null, h("td", { colSpan: 4 }, POINT))),
  );
}

const POINT =
  "A point is the unit of cost: 1 for each row, 10 for each vendor call, 1 for every 10 values.";

function Row({ cells, tag = "td" }) {
  const children = cells.map((cell, index) =>
    h(
      index || tag === "th" ? tag : "th",
      { key: index, scope: tag === "th" ? "col" : index ? undefined : "row" },
      typeof cell === "number" ? cell.toLocaleString("en") : (cell ?? "\u2013"),
    ),
  );
  return h("tr", null, children);
}
