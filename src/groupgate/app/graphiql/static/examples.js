// The examples panel: operations that run on the sandbox as they are, each in a tab of its own.
// Their ids are the sandbox's. Elsewhere these lead to nothing, so that nothing is changed there.

import { useTabOpener } from "./tabs.js";

const h = React.createElement;
const FOLDER = new URL("examples/", import.meta.url);

/** Fetch the list of examples: sections, and what is in them. */
export async function fetchExamples() {
  return (await fetch(new URL("index.json", FOLDER))).json();
}

/** Fetch the text of one example. */
export async function fetchQuery({ file }) {
  return (await fetch(new URL(file, FOLDER))).text();
}

/** Make the panel of these sections. */
export function examplesPlugin(sections) {
  return { title: "Examples", icon: Icon, content: () => h(Panel, { sections }) };
}

function Panel({ sections }) {
  const openTab = useTabOpener();
  const open = async (example) => openTab({ ...example, query: await fetchQuery(example) });
  return h(
    "section",
    { className: "panel", "aria-label": "Examples" },
    h("h2", null, "Examples"),
    h("p", null, "They run as they are: their ids are those of the sandbox."),
    sections.map((section) => h(Section, { key: section.title, section, open })),
  );
}

function Section({ section, open }) {
  const items = section.examples.map((example) =>
    h("li", { key: example.file }, h(Item, { example, open })),
  );
  return h(React.Fragment, null, h("h3", null, section.title), h("ul", null, items));
}

function Item({ example, open }) {
  return h(
    "button",
    { type: "button", onClick: () => open(example) },
    example.title,
    h("small", null, example.about),
  );
}

function Icon() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 1.5 },
    h("path", { d: "M9 5h13M9 12h13M9 19h13" }),
    h("path", { d: "M2 2.5 6 5 2 7.5zM2 9.5 6 12 2 14.5zM2 16.5 6 19 2 21.5z" }),
  );
}
