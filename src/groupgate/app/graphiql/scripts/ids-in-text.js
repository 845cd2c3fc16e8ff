// Ids of the gateway in the text of variables and results.

/** What matches them: JSON lists in base64url. */
export const ID = "WyJ[\\w-]{17,}";

const [SHOWN_AT_START, SHOWN_AT_END] = [5, 6];

/** Return the beginning and the end of an id. */
export function shorten(id) {
  return `${id.slice(0, SHOWN_AT_START)}\u2026${id.slice(-SHOWN_AT_END)}`;
}
