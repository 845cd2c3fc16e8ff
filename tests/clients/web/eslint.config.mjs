// The rules of graphql-eslint for schemas, for Relay and for operations; each exception has its reason.

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
  // Values and payloads have no identity of their own. Every object has its `id`.
  "@graphql-eslint/strict-id-in-types": [
    "error",
    {
      exceptions: {
        types: ["BillingPeriod", "Money", "PageInfo", "PlannedCall", "ProviderStatus"],
        suffixes: ["Connection", "Edge", "Error", "Payload"],
      },
    },
  ],
  // No vendor supports paging backwards, so there is no `last` and `before`.
  "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
  // Connections have `nodes` beside `edges`, and short lists (providers, capabilities, errors, the
  // groups of a product) have no pages.
  "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
};

export default [
  {
    ...of("schema.graphql"),
    rules: { ...rules("schema-recommended"), ...rules("schema-relay"), ...exceptions },
  },
  { ...of(DOCUMENTS), rules: rules("operations-recommended") },
];
