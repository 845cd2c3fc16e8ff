// Documents of a catalogue page: three nested lists, each with its own pages.

const { graphql } = require("./artifacts");

exports.provider = graphql`
  query catalogueProviderQuery($key: ProviderKey!) {
    provider(key: $key) {
      ...catalogue_collections
    }
  }
`;

exports.collections = graphql`
  fragment catalogue_collections on Provider
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "catalogueCollectionsPageQuery") {
    id
    productCollections(first: $count, after: $cursor)
      @connection(key: "catalogue_productCollections") {
      edges {
        node {
          id
          name
          ...catalogue_groups
        }
      }
    }
  }
`;

exports.groups = graphql`
  fragment catalogue_groups on ProductCollection
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "catalogueGroupsPageQuery") {
    id
    groups(first: $count, after: $cursor) @connection(key: "catalogue_groups") {
      edges {
        node {
          id
          name
          ...catalogue_products
        }
      }
    }
  }
`;

exports.products = graphql`
  fragment catalogue_products on Group
  @argumentDefinitions(count: { type: "Int", defaultValue: 7 }, cursor: { type: "String" })
  @refetchable(queryName: "catalogueProductsPageQuery") {
    id
    products(first: $count, after: $cursor) @connection(key: "catalogue_products") {
      edges {
        status
        node {
          id
          name
          price {
            amount
            currencyCode
          }
          pricingModel
          billingPeriod {
            count
            unit
          }
          trialDays
        }
      }
    }
  }
`;

exports.found = graphql`
  query catalogueFoundQuery($key: ProviderKey!) {
    provider(key: $key) {
      ...catalogue_found
    }
  }
`;

exports.foundGroups = graphql`
  fragment catalogue_found on Provider
  @argumentDefinitions(count: { type: "Int", defaultValue: 2 }, cursor: { type: "String" })
  @refetchable(queryName: "catalogueFoundPageQuery") {
    id
    groups(first: $count, after: $cursor, search: "er") @connection(key: "catalogue_groups") {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`;

exports.object = graphql`
  query catalogueObjectQuery($id: ID!) {
    node(id: $id) @catch {
      id
    }
  }
`;

exports.rename = graphql`
  mutation catalogueRenameMutation($id: ID!, $name: String) {
    groupUpdate(id: $id, input: { name: $name }) {
      group {
        id
        name
      }
      userErrors {
        __typename
        message
        code
        field
      }
    }
  }
`;
