// Bundles the explorer into the folder given as the argument: `assets/` with content-hashed names,
// each file also compressed with Brotli and gzip, and the page that loads them.

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import licenses from "esbuild-plugin-license";

const output = resolve(process.argv[2]);
const assets = join(output, "assets");

const { metafile } = await build({
  entryPoints: { explorer: "explorer.js", start: "start.js" },
  outdir: assets,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  bundle: true, // in one file: the page needs all of it before its first use
  minify: true,
  format: "esm",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // the licences are in the file of the plugin
  metafile: true,
  logLevel: "warning",
  plugins: [
    { name: "examples", setup: bundleExamples },
    { name: "fonts", setup: extractFonts },
    licenses({
      banner: "",
      thirdParty: { output: { file: join(assets, "licenses.txt"), template: licenseReport } },
    }),
  ],
});

await writePage();
for (const name of await readdir(assets)) {
  await compress(join(assets, name));
}

/** `examples:documents` has the text of each example's GraphQL document, by the name of its file. */
function bundleExamples({ onResolve, onLoad }) {
  onResolve({ filter: /^examples:documents$/ }, ({ path }) => ({ path, namespace: "examples" }));
  onLoad({ filter: /.*/, namespace: "examples" }, async () => {
    const names = (await readdir("examples")).filter((name) => name.endsWith(".graphql"));
    const read = async (name) => [name, await readFile(join("examples", name), "utf8")];
    const texts = Object.fromEntries(await Promise.all(names.sort().map(read)));
    return { contents: JSON.stringify(texts), loader: "json" };
  });
}

/** GraphiQL's style sheet has its fonts inside; make files of them, which load when text needs them. */
function extractFonts({ onResolve, onLoad }) {
  onResolve({ filter: /^data:font\// }, ({ path }) => {
    const [type, content] = path.split(";base64,");
    const name = createHash("sha256").update(content).digest("hex").slice(0, 8);
    const extension = type.slice("data:font/".length);
    return { path: `font-${name}.${extension}`, namespace: "fonts", pluginData: content };
  });
  onLoad({ filter: /.*/, namespace: "fonts" }, ({ pluginData }) => ({
    contents: Buffer.from(pluginData, "base64"),
    loader: "file",
  }));
}

function licenseReport(dependencies) {
  return dependencies
    .map(({ packageJson: { name, version, license }, licenseText }) =>
      [`${name} ${version}: ${license}`, licenseText.trim()].join("\n\n"),
    )
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

/** Write the page: the template with the names of the built scripts and style sheet. */
async function writePage() {
  const outputOf = (source) =>
    Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source);
  const [explorer, { cssBundle }] = outputOf("explorer.js");
  const [start] = outputOf("start.js");
  const urlOf = (file) => `graphiql/${relative(output, resolve(file))}`;
  const template = await readFile("index.html", "utf8");
  const page = template
    .replace("explorer.css", urlOf(cssBundle))
    .replace("start.js", urlOf(start))
    .replace("explorer.js", urlOf(explorer));
  await writeFile(join(output, "index.html"), page);
}

async function compress(file) {
  const content = await readFile(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${file}.br`, brotliCompressSync(content, { params }));
  await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
}
