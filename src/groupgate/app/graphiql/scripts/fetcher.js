// Sends the operations of GraphiQL to the gateway and stores the last response for the panels.

import { getOperationAST, parse } from "graphql";
import * as React from "react";
import { DEFAULT_HEADERS, ENDPOINT, mergeHeaders, send, storedToken } from "./api.js";
import { isDryRun } from "./dry-run.js";
import { whenIdle } from "./idle.js";

const EXPLAIN_HEADER = "groupgate-explain";

const listeners = new Set();
let lastResponse = null;
let mustConfirm = false;

/**
 * Send one operation and return the response body (the `fetcher` of GraphiQL).
 * `headers` come from the headers editor and override the default headers.
 */
export async function fetcher(given, { headers } = {}) {
  const userHeaders = new Headers(headers ?? {});
  if (given.operationName === "IntrospectionQuery") {
    await whenIdle();
    return (await send(given, userHeaders)).body;
  }
  const operation = withCurrentName(given);
  if (!isConfirmed(operation)) {
    return { errors: [{ message: "The mutation was not sent." }] };
  }
  let response = null;
  try {
    response = await send(operation, mergeHeaders({ [EXPLAIN_HEADER]: "1" }, userHeaders));
    response.operation = operation;
    response.curl = curlCommand(operation, userHeaders);
  } finally {
    setLastResponse(response);
  }
  return userHeaders.has(EXPLAIN_HEADER) ? response.body : removeExplanation(response.body);
}

/**
 * GraphiQL reads the names of operations a moment after the text has changed, so a request that is
 * sent at once may have a name that the document has no longer. Name its only operation instead.
 */
function withCurrentName(operation) {
  let names;
  try {
    names = parse(operation.query)
      .definitions.filter(({ kind }) => kind === "OperationDefinition")
      .map(({ name }) => name?.value);
  } catch {
    return operation; // the server says what is wrong
  }
  if (!operation.operationName || names.includes(operation.operationName)) {
    return operation;
  }
  return { ...operation, operationName: names.length === 1 ? names[0] : undefined };
}

/** Return a shell command that sends the operation. The token comes from a variable of the shell. */
function curlCommand(operation, userHeaders) {
  const headers = mergeHeaders(DEFAULT_HEADERS, userHeaders);
  const isAuthorized = headers.has("authorization") || storedToken();
  headers.delete("authorization");
  const options = [...headers].map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  if (isAuthorized) {
    options.push('-H "authorization: Bearer $GROUPGATE_TOKEN"');
  }
  const body = quote(JSON.stringify(operation));
  return ["curl", quote(ENDPOINT.href), ...options, `--data-binary ${body}`].join(" \\\n  ");
}

function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Ask once before a mutation that is no dry run, because it changes real data. */
export function confirmMutations() {
  mustConfirm = true;
}

function isConfirmed({ query, operationName }) {
  const isMutation = operationType(query, operationName) === "mutation";
  if (mustConfirm && isMutation && !isDryRun(query)) {
    mustConfirm = !confirm("This server is live: the mutation changes real data. Send it?");
    return !mustConfirm;
  }
  return true;
}

/** Return "query" or "mutation"; undefined for a document that cannot be parsed. */
export function operationType(query, operationName) {
  try {
    return getOperationAST(parse(query), operationName)?.operation;
  } catch {
    return undefined;
  }
}

/** React hook: return the last response; null before the first one and after a network error. */
export function useLastResponse() {
  return React.useSyncExternalStore(subscribe, () => lastResponse);
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function setLastResponse(response) {
  lastResponse = response;
  listeners.forEach((listener) => listener());
}

/** Remove what the explain panel shows; the user asked for it only by sending the header. */
function removeExplanation(body) {
  const { extensions, ...rest } = body;
  const { cost, upstream, timeline, ...otherExtensions } = extensions ?? {};
  return Object.keys(otherExtensions).length ? { ...rest, extensions: otherExtensions } : rest;
}
