// The hint for the first use, which stays closed once it was closed. It makes room for the first
// response.

import * as React from "react";
import { useLastResponse } from "./fetcher.js";

const h = React.createElement;
const KEY = "groupgate:hint-closed";

export function FirstUseHint() {
  const [isOpen, setOpen] = React.useState(() => localStorage.getItem(KEY) === null);
  const close = () => {
    localStorage.setItem(KEY, "1");
    setOpen(false);
  };
  const hasRun = useLastResponse() !== null;
  return (
    isOpen &&
    !hasRun &&
    h(
      "div",
      { className: "explorer-hint", role: "note" },
      h("h2", null, "New here?"),
      h(
        "p",
        null,
        "Run this query with the button Run or with Ctrl-Enter. Docs describes the schema, and",
        " Examples has an operation for each purpose. Explain shows the calls to each vendor.",
      ),
      h("button", { type: "button", onClick: close }, "Close hint"),
    )
  );
}
