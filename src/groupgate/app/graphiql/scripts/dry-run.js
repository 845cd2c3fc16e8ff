// Dry runs of mutations: documents whose mutations change nothing.

import { parse } from "graphql";

const COMMENT = "# A dry run returns the plan and changes nothing. Remove `dryRun` to make the change.\n";

/** Comments of the examples on a second run, which differs from the first only after a change. */
const ABOUT_RUNS = /^# (?:(?:The|A) second run|Run it twice|Every other change)\b.*\n/gm;

/** Return the document with `dryRun: true` in each of its mutations that does not say. */
export function asDryRun(query) {
  const places = mutationFields(query)
    .filter((field) => !field.arguments.some(({ name }) => name.value === "dryRun"))
    .map((field) => field.arguments[0].loc.start)
    .sort((a, b) => b - a);
  if (!places.length) {
    return query;
  }
  const text = places.reduce(
    (changed, place) => `${changed.slice(0, place)}dryRun: true\n    ${changed.slice(place)}`,
    query,
  );
  return COMMENT + text.replace(ABOUT_RUNS, "");
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
