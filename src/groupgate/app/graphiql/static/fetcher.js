// Sends operations to the gateway, and asks it to explain what each of them took.

import { publish } from "./last_answer.js";

const ENDPOINT = new URL("graphql", document.baseURI);
const EXPLAIN = "groupgate-explain";

const HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, application/json",
};

/** Send one operation; `headers` are those of the headers editor and win over ours. */
export async function ask(operation, { headers } = {}) {
  const own = new Headers(headers ?? {});
  if (operation.operationName === "IntrospectionQuery") {
    return (await send(operation, own)).body;
  }
  const answer = await send(operation, merged({ [EXPLAIN]: "1" }, own)).catch(tellFailure);
  publish(answer);
  return own.has(EXPLAIN) ? answer.body : withoutExplanation(answer.body);
}

async function send(operation, headers) {
  const started = performance.now();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: merged(HEADERS, headers),
    body: JSON.stringify(operation),
  });
  const body = await read(response);
  return {
    operationName: operation.operationName,
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    isReplayed: response.headers.has("idempotency-replayed"),
    milliseconds: performance.now() - started,
    body,
  };
}

function merged(defaults, headers) {
  const all = new Headers(defaults);
  headers.forEach((value, name) => all.set(name, value));
  return all;
}

/** Read an answer; one that is no JSON (of a proxy, say) is shown as an error. */
async function read(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { errors: [{ message: `The answer is not JSON (HTTP ${status}).` }], body: text };
  }
}

function tellFailure(error) {
  publish(null);
  throw error;
}

/** What the explain panel shows need not be in the result as well, unless a header asks for it. */
function withoutExplanation(body) {
  const { extensions, ...rest } = body;
  const { cost, upstream, ...others } = extensions ?? {};
  return Object.keys(others).length ? { ...rest, extensions: others } : rest;
}
