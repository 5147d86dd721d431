import { join } from 'node:path';
import { defineConfig } from 'vite';

const HERE = import.meta.dirname;

export default defineConfig({
  root: HERE,
  base: '/pages/console/',
  build: {
    target: 'es2022',
    // Inline scripts, and images in addresses, are what the content policy forbids.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: { console: join(HERE, 'console.html') } },
  },
});
