// Bundles the portal's styles and scripts into assets/dist (names without hashes: Django adds them).
// Run by `npm run build`. Needs nothing but node_modules.
import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "..", "node_modules");
const dist = join(here, "dist");

/** The design tokens that our style sheets name, as one :root rule; an unknown name stops the build. */
async function tokens() {
  const source = await readFile(join(modules, "@digital-go-jp/design-tokens/dist/tokens.css"), "utf8");
  const known = new Map([...source.matchAll(/^\s*(--[\w-]+):\s*([^;]+);/gm)].map((m) => [m[1], m[2]]));
  const used = new Set();
  for (const name of await readdir(join(here, "css"))) {
    const text = await readFile(join(here, "css", name), "utf8");
    for (const m of text.matchAll(/var\((--(?:color|elevation)-[\w-]+)/g)) used.add(m[1]);
  }
  const lines = [...used].sort().map((name) => {
    if (!known.has(name)) throw new Error(`The design tokens have no ${name}.`);
    return `${name}:${known.get(name)}`;
  });
  return `:root{${lines.join(";")}}`;
}

/** The @font-face rules of a family's style sheets with woff2 only; copies the files they name. */
async function fontFaces(sheets) {
  await mkdir(join(dist, "fonts"), { recursive: true });
  const rules = [];
  for (const sheet of sheets) {
    const folder = dirname(join(modules, sheet));
    const text = await readFile(join(modules, sheet), "utf8");
    for (const [face] of text.matchAll(/@font-face\s*\{[^}]*\}/g)) {
      const file = face.match(/url\(\.\/files\/([\w.-]+\.woff2)\)/)[1];
      await cp(join(folder, "files", file), join(dist, "fonts", file));
      const src = `src:url("fonts/${file}") format("woff2")`;
      rules.push(face.replace(/src:[^;]+/, src).replace(/\s*\n\s*/g, "").replaceAll(": ", ":"));
    }
  }
  return rules.join("\n") + "\n";
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await writeFile(
  join(dist, "fonts.css"),
  await fontFaces([
    "@fontsource/noto-sans-jp/400.css",
    "@fontsource/noto-sans-jp/700.css",
    "@fontsource/noto-sans-mono/latin-400.css",
  ]),
);

const shared = {
  bundle: true,
  minify: true,
  outdir: dist,
  target: ["es2020", "chrome100", "firefox100", "safari15"],
  loader: { ".png": "dataurl" },
  logLevel: "warning",
  legalComments: "none",
};
await build({
  ...shared,
  entryPoints: {
    app: join(here, "css/app.css"),
    admin: join(here, "css/admin.css"),
    map: join(here, "css/map.css"),
    chart: join(here, "css/chart.css"),
    developers: join(here, "css/developers.css"),
  },
  plugins: [
    {
      name: "tokens",
      setup(b) {
        b.onResolve({ filter: /^tokens$/ }, () => ({ path: "tokens", namespace: "tokens" }));
        b.onLoad({ filter: /.*/, namespace: "tokens" }, async () => ({ contents: await tokens(), loader: "css" }));
      },
    },
  ],
});
await build({
  ...shared,
  format: "iife",
  entryPoints: {
    app: join(here, "core/app.ts"),
    admin: join(here, "admin/admin.ts"),
    map: join(here, "map/map.ts"),
    places: join(here, "calls/places.ts"),
    chart: join(here, "chart/chart.ts"),
    passkey: join(here, "accounts/passkey.ts"),
    autosave: join(here, "calls/autosave.ts"),
    upload: join(here, "calls/upload.ts"),
    label: join(here, "devices/label.ts"),
    series: join(here, "telemetry/series.ts"),
    developers: join(here, "portal/developers.ts"),
  },
});
// Fetched by another bundle when it is needed: a module, named by the page (its name in use has a hash).
await build({ ...shared, format: "esm", entryPoints: { qr: join(here, "devices/qr.ts") } });
await mkdir(join(dist, "vendor"), { recursive: true });
await cp(join(modules, "htmx.org/dist/htmx.min.js"), join(dist, "vendor/htmx.js"));
await cp(join(here, "img"), join(dist, "img"), { recursive: true });
