import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const BIG = 1_000_000; // bytes; brotli's best quality takes seconds per megabyte

/** Write a `.br` and a `.gz` next to every text file. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    async writeBundle({ dir = "." }, bundle) {
      const files = Object.keys(bundle).filter((file) => /\.(js|css|svg)$/.test(file));
      await Promise.all(
        files.map(async (name) => {
          const file = join(dir, name);
          const source = await readFile(file);
          const quality = source.length > BIG ? 6 : 11;
          const [br, gz] = await Promise.all([
            promisify(brotliCompress)(source, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
            promisify(gzip)(source, { level: 9 }),
          ]);
          await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)]);
        }),
      );
    },
  };
}

export default defineConfig({
  plugins: [react(), compressed()],
  // GraphiQL and our editors share one copy of each.
  resolve: { dedupe: ["graphql", "monaco-editor", "react", "react-dom"] },
  worker: { format: "es" },
  build: {
    outDir: "../podgraph/console",
    emptyOutDir: true,
    target: "es2023",
    // Keep light-dark(): lowered, it would follow the system instead of the switch.
    cssTarget: ["chrome125", "firefox128", "safari18"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 5000,
    rollupOptions: { input: ["index.html", "playground.html"] },
  },
  server: { proxy: { "/graphql": "http://127.0.0.1:8000", "/console": "http://127.0.0.1:8000" } },
});
