// Like Relay's Babel plugin: replaces a document by the output of the compiler.

const NAME = /\b(?:query|mutation|fragment)\s+(\w+)/;

/** The tag of a document, which must have been compiled. */
exports.graphql = ([text]) => require(`../generated/relay/${NAME.exec(text)[1]}.graphql`);
