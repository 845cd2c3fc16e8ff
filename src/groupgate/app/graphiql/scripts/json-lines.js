// Where the values of a result are in its text, which has one value or bracket on each line.

const LINE = /^(\s*)(?:("(?:[^"\\]|\\.)*"): )?(.*?)(,?)$/;

/** Return for each line its value, if it is not an object or a list, and the path to it. */
export function linesOf(text) {
  const stack = [];
  return text.split("\n").map((line) => {
    const [, indent, key, value] = LINE.exec(line);
    if (/^[\]}]/.test(value)) {
      stack.pop();
      return { path: pathOf(stack) };
    }
    const parent = stack.at(-1);
    if (parent) {
      parent.key = key ? JSON.parse(key) : parent.key + 1;
    }
    const path = pathOf(stack);
    if (value === "{" || value === "[") {
      stack.push({ key: -1 });
      return { path };
    }
    const start = indent.length + (key ? key.length + 2 : 0);
    return { path, value: scalar(value), start, end: start + value.length };
  });
}

function pathOf(stack) {
  return stack.map(({ key }) => key);
}

/** A scalar; undefined for `{}` and `[]`. */
function scalar(text) {
  return /^[[{]/.test(text) ? undefined : JSON.parse(text);
}

/** Return the value at a path, or an empty object. */
export function valueAt(body, path) {
  return path.reduce((value, key) => value?.[key], body) ?? {};
}

/**
 * Return the errors by the path of the null that each has caused, as JSON: the value of its field,
 * or of the nearest field above that may be null.
 */
export function nullReasons(body, errors) {
  const reasons = new Map();
  errors.forEach((error) => {
    let value = body.data;
    const path = ["data"];
    for (const key of error.path ?? []) {
      if (value === null || value === undefined) {
        break;
      }
      value = value[key];
      path.push(key);
    }
    if (value === null && error.path) {
      reasons.set(JSON.stringify(path), error);
    }
  });
  return reasons;
}
