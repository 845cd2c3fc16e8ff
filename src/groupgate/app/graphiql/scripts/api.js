// Requests to the gateway, with the token that this browser tab keeps.

const TOKEN_KEY = "groupgate:token";

export const DEFAULT_HEADERS = {
  "content-type": "application/json",
  accept: "application/graphql-response+json, application/json",
};

/** The URL of the GraphQL API. */
export const ENDPOINT = new URL("graphql", document.baseURI);

/** Return the token of this session, or null. */
export function storedToken() {
  return sessionStorage.getItem(TOKEN_KEY);
}

/** Keep the token for this session; null removes it. */
export function storeToken(token) {
  if (token) {
    sessionStorage.setItem(TOKEN_KEY, token);
  } else {
    sessionStorage.removeItem(TOKEN_KEY);
  }
}

/** Send one operation with these headers, and with the token unless they have another one. */
export async function send(operation, headers = new Headers()) {
  const token = storedToken();
  const authorization = token ? { authorization: `Bearer ${token}` } : {};
  const start = performance.now();
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: mergeHeaders({ ...DEFAULT_HEADERS, ...authorization }, headers),
    body: JSON.stringify(operation),
  });
  const body = await readBody(response);
  return {
    operationName: operation.operationName,
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    isReplayed: response.headers.has("idempotency-replayed"),
    milliseconds: performance.now() - start,
    body,
  };
}

/** Return the headers of both, those of the second where both have one. */
export function mergeHeaders(defaults, overrides) {
  const merged = new Headers(defaults);
  overrides.forEach((value, name) => merged.set(name, value));
  return merged;
}

/** Parse the body; a body that is not JSON, for example a proxy's error page, becomes an error. */
async function readBody(response) {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    const message = `The server returned a body that is not JSON (HTTP ${status}).`;
    return { errors: [{ message }], body: text };
  }
}

/** Ask for the vendors' names, for which no vendor is called. */
export function requestVendors() {
  return send({ query: "{ providers { key name account } }" });
}

/** Ask for the gateway's mode; null if `/readyz` cannot be read, for example behind a proxy. */
export async function requestMode() {
  try {
    const response = await fetch(new URL("readyz", document.baseURI));
    return (await response.json()).mode ?? null;
  } catch {
    return null;
  }
}
