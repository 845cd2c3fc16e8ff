// The documents in documents/, combined and by operation.

import { readdirSync, readFileSync } from "node:fs";
import { parse, separateOperations } from "graphql";

const FOLDER = new URL("documents/", import.meta.url);
const texts = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8"));

/** Every operation and every fragment. */
export const all = parse(texts.join("\n"));

/** By operation name: the operation and its fragments. */
export const documents = separateOperations(all);
