// The token of the server: asked for before the explorer opens, kept in this browser tab's session
// storage, and sent with every request whose headers do not have an `Authorization` of their own.

import * as React from "react";
import { storeToken } from "./api.js";

const h = React.createElement;

/**
 * The form that asks for a token. `isAccepted` sends a request with the stored token and returns
 * whether the server accepts it; `onDone` opens the explorer.
 */
export function TokenForm({ isAccepted, onDone }) {
  const [problem, setProblem] = React.useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token").trim();
    setProblem(null);
    storeToken(token.replace(/^Bearer\s+/i, ""));
    try {
      if (await isAccepted()) {
        onDone();
        return;
      }
      setProblem("The server does not accept this token.");
    } catch (error) {
      setProblem(`The server could not be reached: ${error.message}.`);
    }
    storeToken(null);
  };
  return h(
    "div",
    { className: "token-page" },
    h(
      "form",
      { className: "token-form", onSubmit: submit },
      h("h1", null, `groupgate at ${location.host}`),
      h("p", null, "This server requires a token."),
      h("label", { htmlFor: "token" }, "Token"),
      h("input", {
        id: "token",
        name: "token",
        type: "password",
        required: true,
        autoFocus: true,
        autoComplete: "off",
        spellCheck: false,
        "aria-describedby": "token-source token-problem",
      }),
      h("p", { id: "token-problem", className: "token-problem", role: "alert" }, problem),
      h("button", { type: "submit" }, "Open the explorer"),
      h("button", { type: "button", onClick: onDone }, "Continue without a token"),
      h(
        "p",
        { id: "token-source" },
        "The operator of the server makes tokens with ",
        h("code", null, "groupgate token NAME read"),
        ", or your identity provider issues them. The token is kept until this browser tab is",
        " closed, and never becomes part of a link.",
      ),
    ),
  );
}

/** Forget the token and show the form again. */
export function changeToken() {
  storeToken(null);
  location.reload();
}
