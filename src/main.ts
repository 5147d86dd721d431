import { fileURLToPath } from 'node:url';
import { currentBundle } from './boot/bundled.js';

// With its libraries in few files, as `npm run build` puts it, the program loads in a third of the time.
const bundle = currentBundle(fileURLToPath(new URL('..', import.meta.url)));
if (bundle === null) await import('./boot/program.js');
else await import(bundle);
