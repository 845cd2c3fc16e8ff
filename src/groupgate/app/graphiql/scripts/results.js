// What a reader needs in a result: ids that fit on their line, prices with their currency, and the
// reason of each null. The text of the result stays as the server sent it, also when it is copied.

import * as graphiql from "@graphiql/react";
import * as React from "react";
import { ID, shorten } from "./ids-in-text.js";
import { linesOf, nullReasons, valueAt } from "./json-lines.js";
import { vendorName } from "./server.js";

const WHOLE_ID = new RegExp(`^${ID}$`);

/** Adds the marks to the lines of the result that are visible, as they become visible. */
export function ResultMarks() {
  const { responseEditor } = graphiql.useEditorContext({ nonNull: true });
  React.useEffect(() => {
    if (!responseEditor) {
      return undefined;
    }
    const marker = new Marker(responseEditor);
    const restart = () => marker.restart();
    const continueMarking = () => marker.mark();
    responseEditor.on("change", restart);
    responseEditor.on("viewportChange", continueMarking);
    restart();
    return () => {
      responseEditor.off("change", restart);
      responseEditor.off("viewportChange", continueMarking);
    };
  }, [responseEditor]);
  return null;
}

class Marker {
  constructor(editor) {
    this.editor = editor;
    this.lines = [];
    this.done = new Set();
  }

  restart() {
    const text = this.editor.getValue();
    this.done.clear();
    try {
      this.body = JSON.parse(text);
    } catch {
      this.lines = []; // a message of GraphiQL, not a result
      return;
    }
    this.lines = linesOf(text);
    this.reasons = nullReasons(this.body, this.body.errors ?? []);
    this.mark();
  }

  /** Mark the visible lines that have no marks yet. */
  mark() {
    const { from, to } = this.editor.getViewport();
    this.editor.operation(() => {
      for (let number = from; number < Math.min(to, this.lines.length); number += 1) {
        if (!this.done.has(number)) {
          this.done.add(number);
          this.markLine(number, this.lines[number]);
        }
      }
    });
  }

  markLine(number, { path, value, start, end }) {
    if (typeof value === "string" && WHOLE_ID.test(value)) {
      const [from, to] = [{ line: number, ch: start + 1 }, { line: number, ch: end - 1 }];
      this.editor.markText(from, to, { replacedWith: shortId(value), handleMouseEvents: true });
    }
    const note = value === null ? this.reasonOf(path) : this.priceOf(path, value);
    if (note) {
      const afterComma = { line: number, ch: this.editor.getLine(number).length };
      this.editor.setBookmark(afterComma, { widget: note });
    }
  }

  reasonOf(path) {
    const error = this.reasons.get(JSON.stringify(path));
    if (!error) {
      return null;
    }
    const { extensions = {}, message } = error;
    const vendor = extensions.provider ? `${vendorName(extensions)}: ` : "";
    return note("result-reason", `${vendor}${extensions.code ?? message}`, message);
  }

  priceOf(path, value) {
    if (path.at(-1) !== "amount" || typeof value !== "string") {
      return null;
    }
    const { currencyCode } = valueAt(this.body, path.slice(0, -1));
    const text = currencyCode && formatPrice(value, currencyCode);
    return text ? note("result-price", text) : null;
  }
}

/** The price in the notation of the user's language; null if the browser does not know it. */
function formatPrice(amount, currency) {
  try {
    return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(amount);
  } catch {
    return null;
  }
}

function note(className, text, title) {
  const element = document.createElement("span");
  element.className = `result-note ${className}`;
  element.textContent = text;
  element.title = title ?? text;
  return element;
}

/** The beginning and end of an id, and a button that copies all of it. */
function shortId(id) {
  const element = document.createElement("span");
  element.className = "short-id";
  element.title = id;
  element.textContent = shorten(id);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "copy";
  button.setAttribute("aria-label", "Copy id");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(id);
      button.textContent = "copied";
      setTimeout(() => (button.textContent = "copy"), 2000);
    } catch {
      prompt("The id:", id);
    }
  });
  element.append(button);
  return element;
}
