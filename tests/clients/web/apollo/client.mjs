// Apollo Client as in its documentation, with the possible types of the gateway's interfaces.

import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

const INTERFACES = gql`
  query Interfaces {
    __schema {
      types {
        kind
        name
        possibleTypes {
          name
        }
      }
    }
  }
`;

/** Returns the types of each interface, in the format of `InMemoryCache`. */
export async function possibleTypes(uri) {
  const client = new ApolloClient({ cache: new InMemoryCache(), link: new HttpLink({ uri }) });
  const { data } = await client.query({ query: INTERFACES });
  const interfaces = data.__schema.types.filter((type) => type.kind === "INTERFACE");
  return Object.fromEntries(
    interfaces.map((type) => [type.name, type.possibleTypes.map((one) => one.name)]),
  );
}

/** Returns a client whose cache merges the pages of a connection. */
export async function connected(uri, link = new HttpLink({ uri })) {
  const typePolicies = { Group: { fields: { products: relayStylePagination() } } };
  const cache = new InMemoryCache({ possibleTypes: await possibleTypes(uri), typePolicies });
  return new ApolloClient({ cache, link });
}
