// The rules of graphql-eslint for schemas, for Relay and for operations; what is not kept says why.

import graphql from "@graphql-eslint/eslint-plugin";

const DOCUMENTS = "tests/clients/web/documents/*.graphql";
const rules = (name) => graphql.configs[`flat/${name}`].rules;
const of = (files) => ({
  files: [files],
  plugins: { "@graphql-eslint": graphql },
  languageOptions: {
    parser: graphql.parser,
    parserOptions: { graphQLConfig: { schema: "schema.graphql", documents: DOCUMENTS } },
  },
});

const exceptions = {
  // Values and answers have no identity: they live in what does. Every object has its `id`.
  "@graphql-eslint/strict-id-in-types": [
    "error",
    {
      exceptions: {
        types: ["Money", "PageInfo", "PlannedCall", "ProviderStatus"],
        suffixes: ["Connection", "Edge", "Error", "Payload"],
      },
    },
  ],
  // No vendor pages backwards, so `last` and `before` would be promises nobody keeps.
  "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
  // Connections have `nodes` beside `edges`, and what is bounded (providers, capabilities, errors,
  // the groups of a product) is a plain list: there is nothing to page through.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
};

export default [
  {
    ...of("schema.graphql"),
    rules: { ...rules("schema-recommended"), ...rules("schema-relay"), ...exceptions },
  },
  { ...of(DOCUMENTS), rules: rules("operations-recommended") },
];
