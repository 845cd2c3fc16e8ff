// The documents of documents/: all in one, and apart.

import { readdirSync, readFileSync } from "node:fs";
import { parse, separateOperations } from "graphql";

const FOLDER = new URL("documents/", import.meta.url);
const texts = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8"));

/** Every operation and every fragment. */
export const all = parse(texts.join("\n"));

/** By the name of an operation: the operation and the fragments it needs. */
export const documents = separateOperations(all);
