// Paths of calls to vendors, short enough to read.

const LONGEST = 16;

/** Return a path whose long ids are shortened. */
export function shortPath(path) {
  const [resource, ...query] = path.split("?");
  const short = resource.split("/").map((part) => (isLongId(part) ? shorten(part) : part));
  return [short.join("/"), ...query].join("?");
}

/** Words of a path have no digits. */
function isLongId(part) {
  return part.length > LONGEST && /\d/.test(part);
}

function shorten(id) {
  return `${id.slice(0, 4)}\u2026${id.slice(-4)}`;
}
