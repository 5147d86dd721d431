import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const CACHE = resolve('node_modules', '.cache');
const PACKAGE = 'node_modules/@sparticuz/chromium/package.json';
/** The package's own configuration looks for its fonts in folders of somebody else's machine. */
const fontsIn = (folder: string): string => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>
`;
/** No more than a browser needs where it runs as root, and without a GPU. What a browser refuses is refused here too. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-webgl'];

/** A browser: the one of the development dependencies, or the one that `CHROMIUM_PATH` names. */
export async function launchChromium(): Promise<Browser> {
  const given = process.env.CHROMIUM_PATH;
  if (given) return chromium.launch({ executablePath: given, args: ARGUMENTS });
  const directory = await unpacked();
  const env = { ...process.env, FONTCONFIG_PATH: join(directory, 'fonts') } as Record<string, string>;
  return chromium.launch({ executablePath: join(directory, 'chromium'), args: ARGUMENTS, env });
}

/** Where the browser of the development dependencies lies unpacked. Tests that start at once do not see half of it. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { version: string };
  const directory = join(CACHE, `countersign-browser-${version}`);
  if (existsSync(directory)) return directory;
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(`${directory}-`);
  try {
    const unpack = `await (await import('@sparticuz/chromium')).default.executablePath()`;
    const env = { ...process.env, TMPDIR: draft };
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', unpack], { env });
    await writeFile(join(draft, 'fonts', 'fonts.conf'), fontsIn(join(directory, 'fonts')));
    await rename(draft, directory).catch((error: Error) => {
      if (!existsSync(directory)) throw error;
    });
    return directory;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
