import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';

/** A file of the built pages. */
export interface PageFile {
  /** Below the folder of the build, with slashes, such as `assets/my-1a2b3c.js`. */
  readonly name: string;
  readonly type: string;
  readonly body: Buffer;
}

/** What a build of pages is made of; anything else is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The files of a build, such as `customer`; none where it was not built. */
export function readPageFiles(build: string): readonly PageFile[] {
  const folder = join(projectFolder(), 'dist', 'web', build);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) return [];
    const path = join(entry.parentPath, entry.name);
    return [{ name: relative(folder, path).split(sep).join('/'), type, body: readFileSync(path) }];
  });
}

/** The folder with the package, whether this runs from its sources, from what was compiled or from a bundle. */
function projectFolder(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) return folder;
    folder = above;
  }
  return folder;
}
