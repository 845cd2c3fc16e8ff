// What Relay's Babel plugin does: a document is replaced by what the compiler made of it.

const NAME = /\b(?:query|mutation|fragment)\s+(\w+)/;

/** Tag of a document, which must have been compiled. */
exports.graphql = ([text]) => require(`../generated/relay/${NAME.exec(text)[1]}.graphql`);
