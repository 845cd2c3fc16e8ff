// What the explorer does where the gateway asks for a token.

import { useLastAnswer } from "./last_answer.js";

const HEADER = '{ "Authorization": "Bearer ..." }';

/** Say under the result where a token goes, if the last request lacked a good one. */
export function TokenHint() {
  const answer = useLastAnswer();
  if (answer?.status !== 401) {
    return null;
  }
  const header = React.createElement("code", null, HEADER);
  return React.createElement("p", null, "Write a token into Headers, below the query: ", header);
}

/** Fetch the schema as soon as an operation gets through: at the start a token was missing. */
export function SchemaOnceAllowed() {
  const { schema, isFetching, introspect } = GraphiQL.React.useSchemaStore();
  const answer = useLastAnswer();
  React.useEffect(() => {
    if (answer?.status === 200 && !schema && !isFetching) {
      introspect();
    }
  }, [answer]);
  return null;
}
