// Work that waits until the page can be used: it would delay the first query.

let declareUsable;
const usable = new Promise((resolve) => {
  declareUsable = resolve;
});

/** From now on the query in the editor can be run. */
export function pageIsUsable() {
  declareUsable();
}

/** Wait until the page can be used and the browser has nothing else to do. */
export async function whenIdle() {
  await usable;
  const request = globalThis.requestIdleCallback ?? setTimeout; // Safari has no idle callbacks
  await new Promise((resolve) => request(resolve));
}
