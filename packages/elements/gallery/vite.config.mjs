import { defineConfig } from 'vite';

/** The page of all components; `npm run dev:elements` serves it, and nothing ships of it. */
export default defineConfig({
  root: import.meta.dirname,
  server: { host: '127.0.0.1' },
  optimizeDeps: { include: ['lit', 'lit/decorators.js', 'lit/directives/repeat.js'] },
});
