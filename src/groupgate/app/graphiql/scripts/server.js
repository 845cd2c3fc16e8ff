// The server that the explorer is connected to: its mode, its vendors, and whether it wants a token.

import * as React from "react";
import { send } from "./fetcher.js";
import { changeToken, storedToken } from "./tokens.js";

const h = React.createElement;

/** What the vendors behind the gateway are: simulated, called at their test hosts, or real. */
const MODES = {
  sandbox: "Sandbox: simulated vendors",
  test: "Test: no real data",
  live: "Live: changes are real",
};

/** Fetch the gateway's mode; null if `/readyz` cannot be read, for example behind a proxy. */
export async function fetchMode() {
  try {
    const response = await fetch(new URL("readyz", document.baseURI));
    return (await response.json()).mode ?? null;
  } catch {
    return null;
  }
}

/**
 * Fetch the names of the vendors, for which no vendor is called. `isRejected` is true if the server
 * requires a token, or another one.
 */
export async function fetchVendors() {
  const { status, body } = await send({ query: "{ providers { key name account } }" }, new Headers());
  const providers = body.data?.providers ?? [];
  providers.forEach(({ key, name }) => namesByKey.set(key, name));
  return { isRejected: status === 401, names: providers.map(labelOf) };
}

const namesByKey = new Map();

/** The account of a vendor is called `default` if accounts have no names. */
function labelOf({ key, account }) {
  return vendorName({ provider: key, account: account === "default" ? null : account });
}

/** True if the server has one of these vendors, or if its vendors or theirs are unknown. */
export function hasVendor(keys) {
  return !namesByKey.size || !keys.length || keys.some((key) => namesByKey.has(key));
}

/** Return the name of the vendor, and of its account if there are several, for labels of errors. */
export function vendorName({ provider, account }) {
  const name = namesByKey.get(provider) ?? provider;
  return account ? `${name} (${account})` : name;
}

/** The name of the program, the mode and vendors of the server, and the button for the token. */
export function ServerBadge({ mode, vendors }) {
  return h(
    "div",
    { className: "explorer-server" },
    h("h1", { className: "explorer-name" }, "groupgate"),
    mode in MODES &&
      h("span", { className: `explorer-mode explorer-mode-${mode}` }, MODES[mode]),
    storedToken() && h("button", { type: "button", onClick: changeToken }, "Change token"),
    vendors.length > 0 && h("div", { className: "explorer-vendors" }, vendors.join(", ")),
  );
}
