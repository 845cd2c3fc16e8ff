// A fetch that records the requests.

/** Returns a fetch, and its record: a method and a status for each request. */
export function recorded() {
  const requests = [];
  const recording = async (address, options) => {
    const response = await fetch(address, options);
    requests.push([options.method, response.status]);
    return response;
  };
  return { fetch: recording, requests };
}
