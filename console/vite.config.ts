import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { unusedStyles } from "./unusedStyles";

// `npm run dev` shows the pages of a running `turnkeeper demo`; another port with TURNKEEPER_URL.
const server = process.env.TURNKEEPER_URL ?? "http://127.0.0.1:8088";

export default defineConfig({
  base: "/",
  plugins: [react(), unusedStyles()],
  build: {
    outDir: "../src/turnkeeper/web/static",
    emptyOutDir: true,
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      ["/phone", "/api", "/health", "/ready", "/metrics"].map((path) => [path, server]),
    ),
  },
});
