// How the editors show their text: long lines wrap below their own indentation, the text fills the
// room of its pane, and ids among the variables are as short as those in the result.

import CodeMirror from "codemirror";
import { ID, shorten } from "./ids-in-text.js";

CodeMirror.defaults.lineWrapping = true;

CodeMirror.defineInitHook((editor) => {
  editor.on("renderLine", indentContinuation);
  // CodeMirror draws the lines that fit, in the font that is loaded, and notices no change of either.
  const refresh = () => editor.refresh();
  new ResizeObserver(refresh).observe(editor.getWrapperElement());
  document.fonts.addEventListener("loadingdone", refresh);
  if (editor.getOption("mode") === "graphql-variables") {
    editor.on("change", () => shortenIds(editor));
    editor.on("blur", () => shortenIds(editor));
  }
});

/** The part of a line that wraps begins two columns to the right of the line's own text. */
function indentContinuation(editor, { text }, element) {
  const columns = CodeMirror.countColumn(text, null, editor.getOption("tabSize")) + 2;
  element.style.textIndent = `-${columns}ch`;
  element.style.paddingInlineStart = `calc(4px + ${columns}ch)`;
}

/** Shorten the ids, except in the line that is being edited. A click shows an id whole. */
function shortenIds(editor) {
  const edited = editor.hasFocus() ? editor.getCursor().line : -1;
  editor.operation(() => {
    editor.eachLine((handle) => {
      const line = editor.getLineNumber(handle);
      if (line !== edited) {
        [...handle.text.matchAll(ID_IN_QUOTES)].forEach((found) => shortenId(editor, line, found));
      }
    });
  });
}

const ID_IN_QUOTES = new RegExp(`"(${ID})"`, "g");

function shortenId(editor, line, { 1: id, index }) {
  const [from, to] = [{ line, ch: index + 1 }, { line, ch: index + 1 + id.length }];
  if (editor.findMarks(from, to).some(({ isShortId }) => isShortId)) {
    return;
  }
  const element = document.createElement("span");
  element.className = "short-id";
  element.title = `${id}\nClick to edit it.`;
  element.textContent = shorten(id);
  const mark = editor.markText(from, to, { replacedWith: element, clearOnEnter: true });
  mark.isShortId = true;
  element.addEventListener("mousedown", (event) => {
    event.preventDefault();
    mark.clear();
    editor.focus();
    editor.setSelection(from, to);
  });
}
