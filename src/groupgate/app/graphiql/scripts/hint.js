// The hint for the first use, which stays closed once it was closed.

import * as React from "react";

const h = React.createElement;
const KEY = "groupgate:hint-closed";

export function FirstUseHint() {
  const [isOpen, setOpen] = React.useState(() => localStorage.getItem(KEY) === null);
  const close = () => {
    localStorage.setItem(KEY, "1");
    setOpen(false);
  };
  return (
    isOpen &&
    h(
      "div",
      { className: "explorer-hint", role: "note" },
      h(
        "p",
        null,
        "New here? Run this query with the Execute button or Ctrl-Enter. The icons at the edge open",
        " the schema's documentation and the examples. Explain shows the calls to each vendor.",
      ),
      h("button", { type: "button", onClick: close }, "Close hint"),
    )
  );
}
