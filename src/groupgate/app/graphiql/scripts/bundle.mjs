// Bundles the explorer into the folder given as the argument: `assets/` with content-hashed names,
// each file also compressed with Brotli and gzip, and the page that loads them.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import licenses from "esbuild-plugin-license";

const output = resolve(process.argv[2]);
const assets = join(output, "assets");

const { metafile } = await build({
  entryPoints: { explorer: "explorer.js" },
  outdir: assets,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".woff2": "dataurl" },
  legalComments: "none", // the licences are in the file of the plugin
  metafile: true,
  logLevel: "warning",
  plugins: [
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

function licenseReport(dependencies) {
  return dependencies
    .map(({ packageJson: { name, version, license }, licenseText }) =>
      [`${name} ${version}: ${license}`, licenseText.trim()].join("\n\n"),
    )
    .join(`\n\n${"-".repeat(80)}\n\n`);
}

/**
 * Write the page: the template with the names of the built script and style sheet. The other scripts
 * are loaded with the first: the editors need all of them, one after another.
 */
async function writePage() {
  const isEntry = ([, { entryPoint }]) => entryPoint === "explorer.js";
  const [path, { cssBundle }] = Object.entries(metafile.outputs).find(isEntry);
  const nameOf = (file) => relative(output, resolve(file));
  const template = await readFile("index.html", "utf8");
  const preloads = Object.keys(metafile.outputs)
    .filter((file) => file.endsWith(".js") && file !== path)
    .map((file) => `    <link rel="modulepreload" href="graphiql/${nameOf(file)}">\n`);
  const page = template
    .replace("explorer.css", `graphiql/${nameOf(cssBundle)}`)
    .replace("explorer.js", `graphiql/${nameOf(path)}`)
    .replace("  </head>", `${preloads.join("")}  </head>`);
  await writeFile(join(output, "index.html"), page);
}

async function compress(file) {
  const content = await readFile(file);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${file}.br`, brotliCompressSync(content, { params }));
  await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }));
}
