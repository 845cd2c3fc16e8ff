// How many calls a gateway would make whose fields each call their vendor on their own.
//
// The count is computed from the result and not measured: one call for each list and each linked
// object in it, however often the same one occurs. It leaves out what would make it larger, such as
// pages and failed calls, and gateways that batch or cache make fewer.

import { getNamedType, getOperationAST, parse } from "graphql";

/** Return that number; null if it cannot be computed, for example without the schema. */
export function countGenericCalls({ schema, operation, data }) {
  if (!schema || !data) {
    return null;
  }
  const document = parse(operation.query);
  const node = getOperationAST(document, operation.operationName);
  if (node?.operation !== "query") {
    return null;
  }
  const fragments = new Map(
    document.definitions
      .filter(({ kind }) => kind === "FragmentDefinition")
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const count = (object, parent, selections) =>
    fieldsOf(selections, fragments, parent, schema).reduce((sum, [field, type]) => {
      const value = object[field.alias?.value ?? field.name.value];
      const definition = type.getFields?.()[field.name.value];
      if (value === undefined || value === null || !definition || !field.selectionSet) {
        return sum;
      }
      const result = getNamedType(definition.type);
      const objects = (Array.isArray(value) ? value : [value]).filter(Boolean);
      return objects.reduce(
        (total, each) => total + count(each, result, field.selectionSet.selections),
        sum + ownCalls(type, result, hasIds(definition) ? objects.length : 1),
      );
    }, 0);
  return count(data, schema.getQueryType(), node.selectionSet.selections);
}

/** True for a field that reads each of the objects whose ids it is given. */
function hasIds({ args }) {
  return args.some(({ name }) => /ids$/i.test(name));
}

/** A list is one call, and so is a linked object. What is in a page came with it. */
function ownCalls(parent, result, calls) {
  if (/(Connection|Edge)$/.test(parent.name)) {
    return 0;
  }
  return /Connection$/.test(result.name) || isCatalogueObject(result) ? calls : 0;
}

/** True for objects that vendors have: those that implement Node, but not the vendor itself. */
function isCatalogueObject(type) {
  const isNode = type.name === "Node" || type.getInterfaces?.().some(({ name }) => name === "Node");
  return isNode && type.name !== "Provider";
}

/** Return the fields with the types that they are selected on. */
function fieldsOf(selections, fragments, parent, schema) {
  return selections.flatMap((node) => {
    if (node.kind === "Field") {
      return [[node, parent]];
    }
    const inner = node.kind === "InlineFragment" ? node : fragments.get(node.name.value);
    const name = inner?.typeCondition?.name.value;
    const type = name ? (schema.getType(name) ?? parent) : parent;
    return fieldsOf(inner?.selectionSet.selections ?? [], fragments, type, schema);
  });
}
