// Dry runs of mutations: documents whose mutations change nothing.

import { parse } from "graphql";

/** Return the document with `dryRun: true` in each of its mutations that does not say. */
export function asDryRun(query) {
  return mutationFields(query)
    .filter((field) => !field.arguments.some(({ name }) => name.value === "dryRun"))
    .map((field) => field.arguments[0].loc.start)
    .sort((a, b) => b - a)
    .reduce((text, place) => `${text.slice(0, place)}dryRun: true\n    ${text.slice(place)}`, query);
}

/** True if the operations of a document change nothing, because all are dry runs. */
export function isDryRun(query) {
  return mutationFields(query).every((field) =>
    field.arguments.some(({ name, value }) => name.value === "dryRun" && value.value === true),
  );
}

function mutationFields(query) {
  return parse(query)
    .definitions.filter(({ operation }) => operation === "mutation")
    .flatMap(({ selectionSet }) => selectionSet.selections)
    .filter(({ kind }) => kind === "Field");
}
