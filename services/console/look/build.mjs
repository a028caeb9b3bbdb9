// node build.mjs SOURCE TARGET: makes the style sheets and scripts. Run by tools/look; the packages lie in ./node_modules.
import { copyFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [source, target] = process.argv.slice(2);
const packages = join(process.cwd(), "node_modules");
const load = createRequire(join(process.cwd(), "package.json"));
const sass = load("sass");
const rtlcss = load("rtlcss");
const esbuild = load("esbuild");

const { css } = sass.compile(join(source, "console.scss"), {
  loadPaths: [packages],
  quietDeps: true,
  logger: { warn: (what) => { throw new Error(what); } },
});
const small = (text) => esbuild.transformSync(text, { loader: "css", minify: true, legalComments: "none" }).code;
writeFileSync(join(target, "console.css"), small(css));
writeFileSync(join(target, "console-rtl.css"), small(rtlcss.process(css)));
await esbuild.build({
  entryPoints: [join(source, "console.js"), join(source, "audit.js")],
  outdir: target,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2020",
  legalComments: "eof",
  nodePaths: [packages],
  logLevel: "error",
});
copyFileSync(join(packages, "htmx.org", "dist", "htmx.min.js"), join(target, "htmx.min.js"));
