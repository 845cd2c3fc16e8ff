// What goes wrong for every client in the same ways, and what its caller is told.

/** A document that no schema has room for. */
export const INVALID = "{ nothing }";

/** An id that no body of a request has room for. */
export const TOO_LONG = "x".repeat(1_100_000);

/** Messages and codes of errors. */
export const told = (errors) => errors.map(({ message, extensions }) => [message, extensions.code]);
