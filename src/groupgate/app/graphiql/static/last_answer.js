// The last answer of the gateway, for every part of the page that shows it.

const listeners = new Set();
let last = null;

/** Tell all who listen what the gateway has answered; null if no answer came. */
export function publish(answer) {
  last = answer;
  listeners.forEach((tell) => tell());
}

/** The last answer, in a React component, which is drawn again with each new one. */
export function useLastAnswer() {
  return React.useSyncExternalStore(subscribe, () => last);
}

function subscribe(tell) {
  listeners.add(tell);
  return () => listeners.delete(tell);
}
