// GraphQL Code Generator: generates TypeScript from the schema and the documents.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codegen } from "@graphql-codegen/core";
import * as typedDocumentNode from "@graphql-codegen/typed-document-node";
import * as typescript from "@graphql-codegen/typescript";
import * as typescriptOperations from "@graphql-codegen/typescript-operations";
import { buildSchema, isScalarType, isSpecifiedScalarType, parse } from "graphql";
import { all } from "../documents.mjs";

/** The JSON type of a scalar by its `@specifiedBy` URL. */
const IN_JSON = {
  "https://scalars.graphql.org/andimarek/date-time": "string",
  "https://www.rfc-editor.org/rfc/rfc8259#section-6": "string",
};

const [schemaFile, folder] = process.argv.slice(2);
const text = readFileSync(schemaFile, "utf8");
const types = Object.values(buildSchema(text).getTypeMap());
const own = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
const scalars = Object.fromEntries(own.map((one) => [one.name, IN_JSON[one.specifiedByURL]]));

/** Writes one file of generated types; a scalar without a type is an error. */
async function write(name, pluginMap, options = {}) {
  const code = await codegen({
    schema: parse(text),
    documents: [{ document: all }],
    filename: join(folder, name),
    plugins: Object.keys(pluginMap).map((plugin) => ({ [plugin]: {} })),
    pluginMap,
    config: { scalars, strictScalars: true, enumsAsTypes: true, useTypeImports: true, ...options },
  });
  writeFileSync(join(folder, name), code);
}

await write("schema.ts", { typescript });
await write(
  "operations.ts",
  { typescriptOperations, typedDocumentNode },
  { importSchemaTypesFrom: join(folder, "schema.ts") },
);
console.log(JSON.stringify(scalars));
