// Requests that fail in the same way for every client.

/** A document that is not valid. */
export const INVALID = "{ nothing }";

/** An id that makes the body of a request too large. */
export const TOO_LONG = "x".repeat(1_100_000);

/** Returns the messages and codes of errors. */
export const messagesAndCodes = (errors) => errors.map(({ message, extensions }) => [message, extensions.code]);
