// The server that the explorer is connected to: its mode, its vendors, and whether it wants a token.

import * as React from "react";
import { requestMode, requestVendors, storedToken } from "./api.js";
import { changeToken } from "./tokens.js";

const h = React.createElement;

/** What the vendors behind the gateway are: simulated, called at their test hosts, or real. */
const MODES = {
  sandbox: "Sandbox: simulated vendors",
  test: "Test: no real data",
  live: "Live: changes are real",
};

/** Return the gateway's mode, or null if it is unknown. */
export function fetchMode() {
  return globalThis.groupgateStart?.mode ?? requestMode();
}

/** The answer that `start.js` has requested; null if it has not run before this script. */
let early = globalThis.groupgateStart?.vendors ?? null;

/**
 * Fetch the names of the vendors. `isRejected` is true if the server requires a token, or another
 * one.
 */
export async function fetchVendors() {
  const started = early;
  early = null;
  const { status, body } = (await started) ?? (await requestVendors());
  const providers = body.data?.providers ?? [];
  providers.forEach(({ key, name }) => namesByKey.set(key, name));
  return { isRejected: status === 401, names: labelsOf(providers) };
}

const namesByKey = new Map();

/** The vendors' names, each with its accounts; an account without a name is called `default`. */
function labelsOf(providers) {
  const keys = [...new Set(providers.map(({ key }) => key))];
  return keys.map((provider) => {
    const own = providers.filter(({ key, account }) => key === provider && account !== "default");
    return vendorName({ provider, account: own.map(({ account }) => account).join(", ") });
  });
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
    vendors.length > 0 &&
      h("div", { className: "explorer-vendors", title: vendors.join("\n") }, vendors.join(", ")),
  );
}
