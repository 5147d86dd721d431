import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vite';

const HERE = import.meta.dirname;

/** The service worker, with the names of the files that it is to keep. */
function serviceWorker() {
  return {
    name: 'countersign-service-worker',
    generateBundle(_options, bundle) {
      const files = Object.keys(bundle).filter((name) => /^assets\/.*\.(js|css)$/.test(name));
      const source = readFileSync(join(HERE, 'src', 'worker.js'), 'utf8').replace(
        '__FILES__',
        JSON.stringify(files.map((name) => `/pages/customer/${name}`)),
      );
      this.emitFile({ type: 'asset', fileName: 'worker.js', source });
    },
  };
}

export default defineConfig({
  root: HERE,
  base: '/pages/customer/',
  plugins: [serviceWorker()],
  build: {
    target: 'es2022',
    // Inline scripts, and images in addresses, are what the content policy forbids.
    assetsInlineLimit: 0,
    modulePreload: false,
    rolldownOptions: { input: { my: join(HERE, 'my.html'), check: join(HERE, 'check.html') } },
  },
});
